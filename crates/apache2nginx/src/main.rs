//! The command.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    apache2nginx::cli::run(&apache2nginx::cli::Arguments::parse(), std::env::vars_os())
}
