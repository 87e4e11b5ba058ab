"""The least that a dashboard of this kind can be: what its first paint is measured against."""

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Header


class BareApp(App[None]):
    """A table with a header and a footer."""

    BINDINGS = [("q", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        """One table between the bars."""
        yield Header()
        yield DataTable[str]()
        yield Footer()

    def on_mount(self) -> None:
        """Fill the table."""
        table = self.query_one(DataTable)
        table.add_columns("Severity", "Code", "Message", "Place")
        for number in range(50):
            table.add_row("warning", f"FD{number:03}", "This is a finding of no importance", f"app.py:{number}")


if __name__ == "__main__":
    BareApp().run()
