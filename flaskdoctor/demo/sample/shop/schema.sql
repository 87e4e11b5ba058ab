CREATE TABLE IF NOT EXISTS product (
    slug TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    price INTEGER NOT NULL,
    stock INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS customer (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS purchase (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    total INTEGER NOT NULL,
    created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE IF NOT EXISTS purchase_item (
    purchase_id INTEGER NOT NULL REFERENCES purchase (id),
    slug TEXT NOT NULL REFERENCES product (slug),
    quantity INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS review (
    slug TEXT NOT NULL REFERENCES product (slug),
    stars INTEGER NOT NULL,
    text TEXT NOT NULL
);

INSERT OR IGNORE INTO product VALUES
    ('teapot', 'Teapot', 'Stoneware, white glaze, holds a litre.', 6800, 4),
    ('cup', 'Cup', 'Fits the hand. Every one is a little different.', 1900, 32),
    ('bowl', 'Noodle bowl', 'Deep and wide, with a foot to hold it by.', 3400, 11),
    ('vase', 'Vase', 'For three flowers, not for a bouquet.', 4200, 6);
