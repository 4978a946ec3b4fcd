//! Finds what no option names: the version of nginx and the DNS servers.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::resolver::Resolver;
use crate::target::Target;
use crate::version::Version;

const RESOLV_CONF: &str = "/etc/resolv.conf";

/// The target. Without options it is that of the files to compare with, if they exist: what has
/// changed on the machine since they were written makes no difference. Else it is the machine's.
pub fn target(version: Option<Version>, resolvers: &[Resolver], compared: &[&Path]) -> Target {
    let main = compared.first().filter(|path| path.exists());
    let main = main.map(|path| path.display().to_string());
    let texts = compared.iter().filter_map(|path| fs::read_to_string(path).ok());
    let written = texts.map(|text| Resolver::of_output(&text)).find(|found| !found.is_empty());

    let (version, version_from) = match (version, &main) {
        (Some(version), _) => (Some(version), Some("--nginx-version".to_owned())),
        (None, Some(main)) => (written.is_some().then_some(Version::RESOLVE), Some(main.clone())),
        (None, None) => installed(),
    };
    let (resolvers, resolvers_from) = match (main, written) {
        (Some(main), None) if version.is_none() => (Vec::new(), main),
        _ if !resolvers.is_empty() => (resolvers.to_vec(), "--resolver".to_owned()),
        (Some(main), Some(written)) => (written, main),
        _ => {
            let text = fs::read_to_string(RESOLV_CONF).unwrap_or_default();
            (Resolver::of_system(&text), RESOLV_CONF.to_owned())
        }
    };
    Target { version, version_from, resolvers, resolvers_from }
}

/// The version of the `nginx` in `PATH`, and what it prints.
fn installed() -> (Option<Version>, Option<String>) {
    let output = Command::new("nginx").arg("-v").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
    let line = text.ok().and_then(|text| text.lines().next().map(str::to_owned));
    let printed = line.as_deref().and_then(|line| line.split_once("version: ")).map(|(_, end)| end);
    (printed.and_then(Version::of_program), printed.map(|printed| format!("nginx -v: {printed}")))
}
