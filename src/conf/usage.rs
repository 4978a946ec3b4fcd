//! What the credentials of a block are used for.

use std::cell::{Cell, RefCell};

use ngx::ffi::ngx_str_t;

/// The use of credentials, collected while nginx merges the blocks.
#[derive(Default)]
pub(crate) struct Usage {
    /// Whether any request can be signed with them; for those of an upstream, whether any is passed
    /// to it.
    pub is_used: Cell<bool>,
    /// Whether they can be used for Signature V2.
    pub is_v2: Cell<bool>,
    /// Two hosts that receive requests signed with them.
    pub hosts: Cell<(Option<ngx_str_t>, Option<ngx_str_t>)>,
    /// Directives of other modules that pass requests to their upstream.
    pub other_passes: RefCell<Vec<&'static str>>,
}

impl Usage {
    /// Adds a host, unless there are two.
    pub fn add_host(&self, host: ngx_str_t) {
        let is_other = |known: ngx_str_t| !known.as_bytes().eq_ignore_ascii_case(host.as_bytes());
        match self.hosts.get() {
            (None, _) => self.hosts.set((Some(host), None)),
            (Some(first), None) if is_other(first) => self.hosts.set((Some(first), Some(host))),
            _ => {}
        }
    }

    /// Adds a directive of another module, once.
    pub fn add_other_pass(&self, directive: &'static str) {
        let mut known = self.other_passes.borrow_mut();
        if !known.contains(&directive) {
            known.push(directive);
        }
    }
}
