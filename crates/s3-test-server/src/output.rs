//! The log, on the standard output.

use std::io::Write as _;

/// Prints a line at once. A reader that closes the pipe does not end the server.
pub fn print_line(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
