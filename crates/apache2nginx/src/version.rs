//! Versions of nginx.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A version of nginx, such as 1.30.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32, u32);

/// Why a text is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected three numbers, such as 1.30.4")]
pub struct VersionError;

impl Version {
    /// The first version in which an `upstream` block has `resolve` and `resolver`.
    pub const RESOLVE: Self = Self(1, 27, 3);

    /// The last version that freenginx has in common with nginx. Its own later versions do not
    /// have `resolve`.
    const FREENGINX: Self = Self(1, 25, 4);

    /// The version of nginx in what `nginx -v` prints. `None` if it is of another product: Angie,
    /// for one, has numbers of its own, and NGINX Plus had `resolve` before nginx.
    pub fn of_program(printed: &str) -> Option<Self> {
        let (product, rest) = printed.split_once('/')?;
        let number = rest.split_whitespace().next()?;
        match product {
            "nginx" if !rest.contains("nginx-plus") => number.parse().ok(),
            "freenginx" => number.parse().ok().map(|version: Self| version.min(Self::FREENGINX)),
            // A number of its own follows those of nginx.
            "openresty" => number.rsplit_once('.')?.0.parse().ok(),
            _ => None,
        }
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let number = |part: &str| {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse().ok().filter(|_| digits).ok_or(VersionError)
        };
        match text.split('.').collect::<Vec<_>>().as_slice() {
            [major, minor, patch] => Ok(Self(number(major)?, number(minor)?, number(patch)?)),
            _ => Err(VersionError),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_three_numbers_and_an_order() {
        let version = |text: &str| text.parse::<Version>();
        assert_eq!(version("1.30.4").unwrap().to_string(), "1.30.4");
        assert!(version("1.27.3").unwrap() >= Version::RESOLVE);
        assert!(version("1.27.2").unwrap() < Version::RESOLVE);
        assert!(version("1.3.16").unwrap() < Version::RESOLVE);
        assert!(version("2.0.0").unwrap() > Version::RESOLVE);
        for text in ["", "1.30", "1.27.1.2", "1.30.x", "1.30.", "+1.30.4", "nginx/1.30.4"] {
            assert_eq!(version(text), Err(VersionError), "{text}");
        }
    }

    #[test]
    fn the_version_of_a_program_is_that_of_nginx_in_it() {
        let cases = [
            ("nginx/1.22.1", Some("1.22.1")),
            ("nginx/1.24.0 (Ubuntu)", Some("1.24.0")),
            ("freenginx/1.25.4", Some("1.25.4")),
            ("freenginx/1.29.1", Some("1.25.4")),
            ("openresty/1.27.1.2", Some("1.27.1")),
            ("nginx/1.25.5 (nginx-plus-r32-p1)", None),
            ("Angie/1.10.0", None),
            ("Tengine/3.1.0", None),
            ("", None),
        ];
        for (printed, version) in cases {
            let found = Version::of_program(printed).map(|version| version.to_string());
            assert_eq!(found.as_deref(), version, "{printed}");
        }
    }
}
