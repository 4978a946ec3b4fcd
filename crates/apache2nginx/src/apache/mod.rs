//! Apache's side: what directives and sections mean to a request.

pub mod access;
pub mod address;
pub mod files;
pub mod guard;
pub mod listened;
pub mod path_index;
pub mod pattern;
pub mod prefix_map;
pub mod proxy_index;
pub mod redirect;
pub mod rewrite;
pub mod section;
pub mod server;
pub mod settings;
pub mod url;
pub mod worker;
