//! Apache's side: what directives and sections mean to a request.

pub mod access;
pub mod address;
pub mod path_index;
pub mod pattern;
pub mod proxy_index;
pub mod section;
pub mod server;
pub mod settings;
pub mod url;
pub mod worker;
