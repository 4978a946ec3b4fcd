//! Where a directive is set.

use std::fmt;

use ngx::ffi::{NGX_HTTP_MAIN_CONF, NGX_HTTP_SRV_CONF, NGX_HTTP_UPS_CONF, ngx_conf_t, ngx_str_t};

/// The level of a block, on which the precedence of its settings depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// `http` or `server`.
    Server,
    /// `upstream`.
    Upstream,
    /// `location`, or `if` or `limit_except` in it.
    Location,
}

impl Level {
    /// The level of the block that nginx is reading.
    pub fn of(cf: &ngx_conf_t) -> Self {
        match cf.cmd_type as u32 {
            NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF => Self::Server,
            NGX_HTTP_UPS_CONF => Self::Upstream,
            _ => Self::Location,
        }
    }
}

/// A value and the level on which it is set.
#[derive(Debug, Clone)]
pub(crate) struct Leveled<T> {
    pub level: Level,
    pub value: T,
}

/// The place of a directive, displayed as in nginx's own messages: `FILE:LINE`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The file's name, in the pool of the configuration.
    file: ngx_str_t,
    line: usize,
}

impl Place {
    /// The place of the directive that nginx is reading.
    pub fn of(cf: &ngx_conf_t) -> Self {
        // SAFETY: the file that nginx is reading, or its stand-in for the command line.
        let file = unsafe { &*cf.conf_file };
        Self { file: file.file.name, line: file.line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
