//! The command line.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, ValueEnum};

use crate::convert::{self, Conversion};
use crate::defines::Defines;
use crate::error::Error;
use crate::lookup;
use crate::output;
use crate::read::Reader;
use crate::report;
use crate::resolver::Resolver;
use crate::version::Version;

/// Converts what concerns S3 in an Apache configuration into a configuration for nginx.
///
/// Reads Apache 2.4 configurations with the S3 directives of Unified Streaming's
/// mod_unified_s3_auth and writes what does the same in nginx with ngx_http_s3_auth_module:
/// upstream blocks with the keys, servers and locations. What has no counterpart is kept as a
/// comment at its place and listed in the report. Needs neither Apache nor nginx.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXAMPLES, after_long_help = AFTER)]
pub struct Arguments {
    /// Files to read in this order; of a directory, its apache2.conf or httpd.conf, or else all
    /// files *.conf in it and in its conf.d, conf-enabled and sites-enabled
    #[arg(required_unless_present = "man", value_name = "FILE-OR-DIRECTORY")]
    inputs: Vec<PathBuf>,

    /// Defines a variable, as Apache's -D does; without a value, for <IfDefine> alone
    #[arg(short = 'D', value_name = "NAME[=VALUE]")]
    defines: Vec<String>,

    /// The directory for relative names, in place of ServerRoot
    #[arg(long, value_name = "DIRECTORY")]
    server_root: Option<PathBuf>,

    /// The file to write
    #[arg(short, long, value_name = "FILE", default_value = "s3.conf")]
    output: PathBuf,

    /// The file for the upstream blocks with keys, of mode 0600; the output includes it under the
    /// name given here, which nginx takes as relative to nginx.conf. Not in a directory of which
    /// nginx reads all files, such as conf.d [default: s3-credentials.conf next to the output]
    #[arg(long, value_name = "FILE")]
    secrets_file: Option<PathBuf>,

    /// Print everything, keys included, and write no file
    #[arg(long, conflicts_with_all = ["check", "force", "secrets_file", "output"])]
    stdout: bool,

    /// Write nothing; tell whether the files are what would be written
    #[arg(long, conflicts_with = "force")]
    check: bool,

    /// Replace files that exist; if one of the two cannot be replaced, neither is
    #[arg(long)]
    force: bool,

    /// The form of the report: as text it goes to standard error, as JSON to standard output (to
    /// standard error with --stdout)
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    report: Format,

    /// The certificates that nginx trusts where the configuration names none
    #[arg(long, value_name = "FILE", default_value = "/etc/ssl/certs/ca-certificates.crt")]
    ca_file: String,

    /// The version of the nginx that reads the output. From 1.27.3 on, upstream blocks resolve
    /// their hosts while nginx runs (zone, resolve, resolver), before it at start alone [default:
    /// what "nginx -v" prints; the newest if that is not known]
    #[arg(long, value_name = "VERSION")]
    nginx_version: Option<Version>,

    /// The address of a DNS server that nginx queries, with its port if it is not 53; several are given
    /// one by one [default: the nameservers of /etc/resolv.conf]
    #[arg(long = "resolver", value_name = "ADDRESS")]
    resolvers: Vec<Resolver>,

    /// Print the manual page
    #[arg(long, exclusive = true)]
    man: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Shown with both forms of help.
macro_rules! examples {
    () => {
        "\
Examples:
  apache2nginx /etc/apache2
          Convert all of a Debian configuration into s3.conf and s3-credentials.conf
  apache2nginx --stdout /etc/httpd/conf.d/s3.conf
          Print what becomes of one file
  apache2nginx -D S3_REGION=eu-west-1 -o /etc/nginx/s3.conf site.conf
          With a variable, next to nginx.conf
  apache2nginx -o /etc/nginx/conf.d/s3.conf --secrets-file /etc/nginx/s3-credentials.conf site.conf
          Into a directory of which nginx reads all files, the keys elsewhere
  apache2nginx --check --report json -o /etc/nginx/s3.conf /etc/apache2
          In a script: is the configuration of nginx still that of Apache?"
    };
}

const EXAMPLES: &str = examples!();

const AFTER: &str = concat!(
    examples!(),
    "

Exit status:
  0  everything that concerns S3 was converted; with --check, the files are up to date as well
  1  something that concerns S3 was not converted, and the report lists it; or, with --check, a
     file differs
  2  the input cannot be read, or a file cannot be written; nothing was written

Variables in the input come from Define, -D and the environment. All modules count as loaded in
<IfModule>. Comments of the input are not carried over, since they may hold keys; what else is kept
as a comment has its secrets replaced by REDACTED. Where Apache lets only some clients in by rules
that are not converted, nginx is told to let in nobody.

Without --nginx-version and --resolver the output depends on this machine as well. With --check,
files that exist decide in place of the machine: whether they have resolver directives, and with
which addresses. So an upgrade of nginx or another /etc/resolv.conf is no difference; the next
conversion follows them."
);

/// Runs the command; the exit code is as `--help` tells.
pub fn run(
    arguments: &Arguments,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> ExitCode {
    let code = if arguments.man {
        manual().and_then(|text| print(&text)).map(|()| 0)
    } else {
        let texts = environment.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        work(arguments, texts.collect())
    };
    match code {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            if arguments.report == Format::Json {
                let text = report::json_error(&error);
                let _ = if arguments.stdout { complain(&text) } else { print(&text) };
            }
            let _ = complain(&format!("{}\n", error.render()));
            ExitCode::from(2)
        }
    }
}

fn work(arguments: &Arguments, environment: HashMap<String, String>) -> Result<u8, Error> {
    let (output, secrets) = (&arguments.output, secrets_file(arguments));
    if output::is_same(output, &secrets) {
        return Err(Error::SameFile(secrets));
    }
    let compared: &[&Path] = if arguments.check { &[output, &secrets] } else { &[] };
    let conversion = convert(arguments, compared, environment)?;
    let mut code = u8::from(!conversion.report.is_complete());
    if arguments.stdout {
        print(&output::whole(&conversion))?;
    } else {
        let has_keys = !conversion.secrets.is_empty();
        if has_keys && output::is_read_anyway(&secrets) {
            return Err(Error::ReadTwice(secrets));
        }
        let files = output::files(&conversion, output, &secrets);
        if arguments.check {
            for file in &files {
                if let Some(difference) = output::difference(file) {
                    code = 1;
                    complain(&format!("{} {difference}\n", file.path.display()))?;
                }
            }
        } else {
            output::write(&files, arguments.force)?;
        }
        if !has_keys && secrets.symlink_metadata().is_ok() {
            code |= u8::from(arguments.check);
            let name = secrets.display();
            complain(&format!("{name} is not of this conversion, which has no keys: remove it\n"))?;
        }
    }
    match (arguments.report, arguments.stdout) {
        (Format::Json, false) => print(&conversion.report.json())?,
        (Format::Json, true) => complain(&conversion.report.json())?,
        (Format::Text, _) => complain(&conversion.report.text())?,
    }
    Ok(code)
}

/// Of files to compare with, the target is theirs unless options name it.
fn convert(
    arguments: &Arguments,
    compared: &[&Path],
    environment: HashMap<String, String>,
) -> Result<Conversion, Error> {
    let defines = Defines::new(&arguments.defines, environment);
    let mut reader = Reader::new(defines, arguments.server_root.clone());
    let mut nodes = Vec::new();
    for input in &arguments.inputs {
        nodes.extend(reader.read_path(input)?);
    }
    let target = lookup::target(arguments.nginx_version, &arguments.resolvers, compared);
    let options = convert::Options { ca_file: arguments.ca_file.clone(), target };
    convert::convert(&nodes, &reader.remarks, reader.server_root(), &options)
}

fn secrets_file(arguments: &Arguments) -> PathBuf {
    match &arguments.secrets_file {
        Some(path) => path.clone(),
        None => arguments.output.with_file_name("s3-credentials.conf"),
    }
}

/// The manual page. Its synopsis names no option, each of which has a place of its own.
fn manual() -> Result<String, Error> {
    let mut bytes = Vec::new();
    let page = clap_mangen::Man::new(Arguments::command());
    let synopsis =
        ".SH SYNOPSIS\n\\fBapache2nginx\\fR [\\fIOPTION\\fR]... \\fIFILE\\-OR\\-DIRECTORY\\fR...\n";
    page.render_title(&mut bytes)
        .and_then(|()| page.render_name_section(&mut bytes))
        .and_then(|()| bytes.write_all(synopsis.as_bytes()))
        .and_then(|()| page.render_description_section(&mut bytes))
        .and_then(|()| page.render_options_section(&mut bytes))
        .and_then(|()| page.render_extra_section(&mut bytes))
        .and_then(|()| page.render_version_section(&mut bytes))
        .map_err(Error::Stdout)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Stdout)
}

fn complain(text: &str) -> Result<(), Error> {
    io::stderr().lock().write_all(text.as_bytes()).map_err(Error::Stdout)
}
