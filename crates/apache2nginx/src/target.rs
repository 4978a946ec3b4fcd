//! The nginx for which the output is written, and how it finds the addresses of hosts.

use serde::Serialize;

use crate::resolver::Resolver;
use crate::version::Version;

/// What the output depends on besides the input.
#[derive(Clone, Debug)]
pub struct Target {
    /// The version of nginx; the newest if it is not known.
    pub version: Option<Version>,
    /// Where the version is from, if there is such a place.
    pub version_from: Option<String>,
    /// The DNS servers for nginx to ask.
    pub resolvers: Vec<Resolver>,
    /// Where these are from.
    pub resolvers_from: String,
}

/// How nginx finds the addresses of hosts, for the report.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Addresses {
    pub nginx_version: Option<String>,
    pub nginx_version_from: Option<String>,
    /// Those that were written.
    pub resolvers: Vec<String>,
    pub resolvers_from: Option<String>,
    /// What an operator has to know.
    pub notes: Vec<String>,
}

impl Target {
    /// The DNS servers that nginx asks for the addresses of hosts while it runs. If there are none,
    /// it resolves hosts once, at start.
    pub fn resolvers(&self) -> &[Resolver] {
        if self.is_old() { &[] } else { &self.resolvers }
    }

    fn is_old(&self) -> bool {
        self.version.is_some_and(|version| version < Version::RESOLVE)
    }

    /// The report, of an output in which some host has a name.
    pub fn report(&self) -> Addresses {
        let resolvers: Vec<_> = self.resolvers().iter().map(Resolver::to_string).collect();
        let from = &self.resolvers_from;
        let mut notes = Vec::new();
        if let Some(version) = self.version.filter(|_| self.is_old()) {
            let source = self.version_from.as_deref().unwrap_or_default();
            notes.push(format!(
                "nginx {version} ({source}) resolves the hosts of upstream blocks once, at start; \
                 S3 changes its addresses within hours"
            ));
            notes.push(
                "reload nginx by a timer, which closes idle connections, or use variables in \
                 proxy_pass, which keep none: see docs/addresses-that-change.md"
                    .to_owned(),
            );
        } else if resolvers.is_empty() {
            notes.push(format!(
                "nginx resolves the hosts of upstream blocks once, at start, since {from} has no \
                 address of a DNS server that nginx accepts; S3 changes its addresses within hours"
            ));
            notes.push(
                "--resolver ADDRESS adds zone, resolve and resolver, which nginx 1.27.3 and later \
                 have in upstream blocks"
                    .to_owned(),
            );
        } else {
            let list = resolvers.join(", ");
            notes.push(format!(
                "nginx queries {list} ({from}) while it runs; it does not read /etc/hosts, and \
                 adds no search domain"
            ));
            if self.version.is_none() {
                let source = self.version_from.as_deref().unwrap_or("there is no nginx in PATH");
                notes.push(format!(
                    "the version of nginx is not known ({source}): resolve needs 1.27.3 or later; \
                     --nginx-version writes the form for an older one"
                ));
            }
        }
        Addresses {
            nginx_version: self.version.map(|version| version.to_string()),
            nginx_version_from: self.version_from.clone(),
            resolvers_from: (!resolvers.is_empty()).then(|| from.clone()),
            resolvers,
            notes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(version: Option<&str>, resolvers: &[&str]) -> Target {
        Target {
            version: version.map(|version| version.parse().unwrap()),
            version_from: None,
            resolvers: resolvers.iter().map(|one| one.parse().unwrap()).collect(),
            resolvers_from: "/etc/resolv.conf".to_owned(),
        }
    }

    #[test]
    fn an_old_nginx_and_one_without_a_server_resolve_hosts_at_start() {
        let part = "once, at start";
        for (version, resolvers, queried, remedy) in [
            (Some("1.30.4"), &["10.0.0.2", "fd00::2"][..], true, None),
            (None, &["10.0.0.2"], true, Some("--nginx-version")),
            (Some("1.27.2"), &["10.0.0.2"], false, Some("by a timer")),
            (Some("1.30.4"), &[], false, Some("--resolver ADDRESS adds")),
            (None, &[], false, Some("--resolver ADDRESS adds")),
        ] {
            let target = target(version, resolvers);
            let Addresses { resolvers: written, resolvers_from, notes, .. } = target.report();
            assert_eq!(target.resolvers().is_empty(), !queried);
            assert_eq!((written.is_empty(), resolvers_from.is_none()), (!queried, !queried));
            assert_eq!(notes[0].contains(part), !queried, "{notes:?}");
            assert_eq!(notes.len(), 1 + usize::from(remedy.is_some()), "{notes:?}");
            assert!(remedy.is_none_or(|remedy| notes[1].contains(remedy)), "{notes:?}");
        }
        let notes = target(Some("1.30.4"), &["10.0.0.2", "fd00::2"]).report().notes;
        assert!(notes[0].contains("10.0.0.2, [fd00::2] (/etc/resolv.conf)"), "{notes:?}");
    }
}
