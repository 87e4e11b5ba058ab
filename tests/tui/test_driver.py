"""What leans on Textual's terminal driver: that it is still there, and the small parts by themselves."""

import inspect
import os
import pty

import pytest

from flaskdoctor.tui import driver
from flaskdoctor.tui.app import DoctorApp
from flaskdoctor.tui.quiet import QuietApp


def test_the_dashboard_gets_the_driver_that_holds() -> None:
    assert QuietApp().driver_class is driver.TerminalDriver
    assert DoctorApp.get_driver_class is QuietApp.get_driver_class


@pytest.mark.parametrize(
    "name",
    ["run_input_thread", "process_message", "start_application_mode", "suspend_application_mode", "close",
     "resume_application_mode", "_sigtstp_application", "_sigcont_application", "_query_in_band_window_resize"],
)  # fmt: skip
def test_textual_still_has_what_is_overridden(name: str) -> None:
    assert callable(getattr(driver.LinuxDriver, name))


@pytest.mark.parametrize("name", ["_file", "attrs_before", "exit_event", "_must_signal_resume", "fileno"])
def test_textual_still_has_what_is_set(name: str) -> None:
    assert f"self.{name}" in inspect.getsource(driver.LinuxDriver.__init__)


def test_output_goes_on_when_the_terminal_is_gone() -> None:
    parent, child = pty.openpty()
    with os.fdopen(child, "w") as stream:
        output = driver.Output(stream)
        output.write("é\udc80")
        output.flush()
        assert os.read(parent, 100) == "é\\udc80".encode()
        os.close(parent)
        for _ in range(3):
            output.write("lost" * 10_000)
            output.flush()
