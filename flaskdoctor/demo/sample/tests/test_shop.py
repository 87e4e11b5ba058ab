def test_catalogue_lists_products(client):
    page = client.get("/").text
    assert "Teapot" in page
    assert "68.00 €" in page


def test_search(client):
    page = client.get("/?q=cup").text
    assert "Cup" in page
    assert "Teapot" not in page


def test_unknown_page(client):
    assert "it never was" in client.get("/products/ashtray").text


def test_buying_a_cup(client):
    client.post("/basket/add", data={"slug": "cup"})
    client.post("/basket/checkout", data={"email": "ada@shop.example", "card_number": "4000123412341234"})
    assert "ending in 1234" in client.get("/basket/confirm").text
    page = client.post("/basket/confirm", follow_redirects=True).text
    assert "Thank you!" in page


def test_register_and_log_in(client):
    form = {"email": "ada@shop.example", "password": "lovelace"}
    client.post("/account/register", data=form)
    page = client.post("/account/login", data=form, follow_redirects=True).text
    assert "Your orders" in page
    assert "None yet" in client.get("/account/orders").text


def test_profile_needs_login(client):
    assert client.get("/account/").status_code == 302
