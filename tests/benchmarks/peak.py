"""Runs a command and prints the most memory that it or any one child of it held, in bytes.

A process starts with its parent's peak as its own on Linux, so the parent has to be as small as this.
"""

import os
import resource
import sys

quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status = os.waitpid(child, 0)
unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes on macOS, in KiB elsewhere
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit)
sys.exit(os.waitstatus_to_exitcode(status))
