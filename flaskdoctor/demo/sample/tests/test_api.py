def test_products(client):
    answer = client.get("/api/products/").json
    assert answer["count"] == 4
    assert answer["products"][0]["slug"] == "bowl"


def test_one_product(client):
    assert client.get("/api/products/vase").json["price"] == 4200


def test_unknown_product(client):
    assert client.get("/api/products/ashtray").json == {"error": "unknown product"}


def test_counting_stock(client):
    assert client.put("/api/products/bowl/stock/", json={"stock": 9}).status_code == 204
    assert client.get("/api/products/bowl/stock/").json == {"slug": "bowl", "stock": 9}
