//! The methods that may be signed (`s3_methods`).

/// The methods of the S3 API.
const NAMES: [&str; 6] = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"];

/// A set of methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Methods(u8);

impl Methods {
    /// All methods, known or not: `any`.
    pub const ANY: Self = Self(u8::MAX);

    /// No method yet.
    pub const NONE: Self = Self(0);

    /// Adds the method `name`, and HEAD with GET, as `limit_except` does. `None`: the S3 API has no
    /// such method.
    pub fn add(&mut self, name: &[u8]) -> Option<()> {
        let bit = bit(name)?;
        self.0 |= if bit == GET { GET | HEAD } else { bit };
        Some(())
    }

    /// Whether the S3 API has the method `name`.
    pub fn have(name: &[u8]) -> bool {
        bit(name).is_some()
    }

    /// Whether requests of the method `name` may be signed.
    pub fn allow(self, name: &[u8]) -> bool {
        self == Self::ANY || bit(name).is_some_and(|bit| self.0 & bit != 0)
    }

    /// The names for an `Allow` header: `GET, HEAD`.
    pub fn to_allow_header(self) -> String {
        let names: Vec<&str> =
            NAMES.into_iter().filter(|name| self.allow(name.as_bytes())).collect();
        names.join(", ")
    }
}

impl Default for Methods {
    /// `GET HEAD`.
    fn default() -> Self {
        Self(GET | HEAD)
    }
}

const GET: u8 = 1;
const HEAD: u8 = 2;

fn bit(name: &[u8]) -> Option<u8> {
    NAMES.iter().position(|known| known.as_bytes() == name).map(|i| 1 << i)
}
