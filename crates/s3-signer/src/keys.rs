//! A cache of keys: HMAC states, by the secret access key of which they were derived.

use std::hash::{Hash, Hasher};

use hashbrown::{Equivalent, HashMap, hash_map::EntryRef};
use zeroize::Zeroizing;

/// Bytes of memory for keys, some thousands of them. When credentials change without end, all keys
/// are dropped at once.
const MAX_BYTES: usize = 2 << 20;

/// Keys by secret and scope, each valid for one date. All of it is zeroed when dropped.
pub(crate) struct KeyCache<K> {
    // Boxed: a table that grows would leave copies of the keys behind.
    keys: HashMap<Origin, Box<(Date, K)>>,
    /// The bytes of memory of the keys.
    bytes: usize,
}

/// The date for which a key is valid, `20130524`.
pub(crate) type Date = [u8; 8];

/// The values of which a key is derived, besides the date.
#[derive(PartialEq, Eq)]
struct Origin {
    secret: Zeroizing<Box<str>>,
    scope: Box<[u8]>,
}

#[derive(Hash)]
struct OriginRef<'a> {
    secret: &'a str,
    scope: &'a [u8],
}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        OriginRef { secret: &self.secret, scope: &self.scope }.hash(state);
    }
}

impl Equivalent<Origin> for OriginRef<'_> {
    // Not in constant time: both secrets are the caller's, none is an attacker's guess.
    fn equivalent(&self, key: &Origin) -> bool {
        *self.secret == **key.secret && *self.scope == *key.scope
    }
}

impl<K> KeyCache<K> {
    pub fn new() -> Self {
        Self { keys: HashMap::new(), bytes: 0 }
    }

    /// The key of `secret`, `scope` and `date`; `derive` makes it at the first call.
    pub fn get(
        &mut self,
        secret: &str,
        scope: &[u8],
        date: &Date,
        derive: impl FnOnce() -> K,
    ) -> &mut K {
        if self.bytes > MAX_BYTES {
            *self = Self::new();
        }
        let kept = match self.keys.entry_ref(&OriginRef { secret, scope }) {
            EntryRef::Occupied(entry) => {
                let kept = entry.into_mut();
                if kept.0 != *date {
                    **kept = (*date, derive());
                }
                kept
            }
            EntryRef::Vacant(entry) => {
                self.bytes += size_of::<(Origin, Box<()>, Date, K)>() + secret.len() + scope.len();
                let origin = Origin { secret: Zeroizing::new(secret.into()), scope: scope.into() };
                entry.insert_with_key(origin, Box::new((*date, derive())))
            }
        };
        &mut kept.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_bound_to_secret_scope_and_date() {
        let mut cache = KeyCache::new();
        let mut derived = 0;
        for (secret, scope, date, fresh) in [
            ("s", "/r/s3", b"20130524", true),
            ("s", "/r/s3", b"20130524", false),
            ("t", "/r/s3", b"20130524", true),
            ("s", "/q/s3", b"20130524", true),
            ("s", "/r/s4", b"20130524", true),
            ("s", "/r/s3", b"20130525", true),
            ("s", "/r/s3", b"20130525", false),
            ("s", "/r/s3", b"20130524", true),
            ("s/r/s3", "", b"20130524", true),
        ] {
            let before = derived;
            let expected = format!("{secret} {scope} {}", date.escape_ascii());
            let key = cache.get(secret, scope.as_bytes(), date, || {
                derived += 1;
                expected.clone()
            });
            assert_eq!(*key, expected);
            assert_eq!(derived > before, fresh, "{secret} {scope}");
        }
    }

    #[test]
    fn many_keys_do_not_grow_without_end() {
        const SECRET: usize = 60_000;
        for length in [20, SECRET] {
            let mut cache = KeyCache::new();
            let mut most = 0;
            for i in 0..3 * MAX_BYTES / length {
                cache.get(&format!("{i:0length$}"), b"/r/s3", b"20130524", || i);
                most = most.max(cache.keys.len() * (length + size_of::<Origin>()));
            }
            assert!((MAX_BYTES / 2..MAX_BYTES + SECRET).contains(&most), "{most}");
        }
    }
}
