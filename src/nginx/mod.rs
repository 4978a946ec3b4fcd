//! nginx, as far as this module uses it beyond the crate `ngx`.

pub(crate) mod bits;
pub(crate) mod layout;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod pool;
pub(crate) mod proxy;
pub(crate) mod value;
