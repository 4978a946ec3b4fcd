//! Prepared keys: HMAC states made once and found again by the secret they were made of.

use std::hash::{Hash, Hasher};

use hashbrown::{Equivalent, HashMap, hash_map::EntryRef};
use zeroize::Zeroizing;

/// More keys than this at once mean that they come and go; then all are forgotten together.
const MAX_KEYS: usize = 4096;

/// Keys by (secret, region), each good for one date. Everything is zeroed when dropped.
pub(crate) struct KeyCache<K> {
    // Boxed: a table that grows would leave copies of the keys behind.
    keys: HashMap<Origin, Box<(Date, K)>>,
}

/// The date that a key is bound to, `20130524`.
pub(crate) type Date = [u8; 8];

/// What a key is made of, besides the date.
#[derive(PartialEq, Eq)]
struct Origin {
    secret: Zeroizing<Box<str>>,
    region: Box<str>,
}

#[derive(Hash)]
struct OriginRef<'a> {
    secret: &'a str,
    region: &'a str,
}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        OriginRef { secret: &self.secret, region: &self.region }.hash(state);
    }
}

impl Equivalent<Origin> for OriginRef<'_> {
    // Not in constant time: both are the operator's, and nobody learns how long it took to tell.
    fn equivalent(&self, key: &Origin) -> bool {
        *self.secret == **key.secret && *self.region == *key.region
    }
}

impl<K> KeyCache<K> {
    pub fn new() -> Self {
        Self { keys: HashMap::new() }
    }

    /// The key of `secret`, `region` and `date`, made by `derive` when there is none yet.
    pub fn get(
        &mut self,
        secret: &str,
        region: &str,
        date: &Date,
        derive: impl FnOnce() -> K,
    ) -> &mut K {
        if self.keys.len() > MAX_KEYS {
            self.keys.clear();
        }
        let kept = match self.keys.entry_ref(&OriginRef { secret, region }) {
            EntryRef::Occupied(entry) => {
                let kept = entry.into_mut();
                if kept.0 != *date {
                    **kept = (*date, derive());
                }
                kept
            }
            EntryRef::Vacant(entry) => {
                let origin =
                    Origin { secret: Zeroizing::new(secret.into()), region: region.into() };
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
    fn a_key_is_bound_to_secret_region_and_date() {
        let mut cache = KeyCache::new();
        let mut derived = 0;
        for (secret, region, date, fresh) in [
            ("s", "r", b"20130524", true),
            ("s", "r", b"20130524", false),
            ("t", "r", b"20130524", true),
            ("s", "q", b"20130524", true),
            ("s", "r", b"20130525", true),
            ("s", "r", b"20130525", false),
            ("s", "r", b"20130524", true),
            ("sr", "", b"20130524", true),
        ] {
            let before = derived;
            let expected = format!("{secret} {region} {}", date.escape_ascii());
            let key = cache.get(secret, region, date, || {
                derived += 1;
                expected.clone()
            });
            assert_eq!(*key, expected);
            assert_eq!(derived > before, fresh, "{secret} {region}");
        }
    }

    #[test]
    fn many_keys_do_not_grow_without_end() {
        let mut cache = KeyCache::new();
        for i in 0..3 * MAX_KEYS {
            cache.get(&i.to_string(), "r", b"20130524", || i);
        }
        assert!(cache.keys.len() <= MAX_KEYS + 1);
    }
}
