"""What the exit code of the command line says."""

EXIT_OK, EXIT_FINDINGS = 0, 1
EXIT_USAGE = 2  # a wrong option, wrong settings, a path that is not there
EXIT_PROBE = 3  # the server that was asked for could not be looked at
EXIT_BUG = 70
EXIT_INTERRUPTED = 130
