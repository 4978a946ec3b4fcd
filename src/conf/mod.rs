//! The configuration: directives, and what they set in each block.

pub(crate) mod blocks;
pub(crate) mod commands;
pub(crate) mod error;
mod keys;
mod level;
pub(crate) mod methods;
pub(crate) mod settings;
mod usage;
mod warnings;
mod wipe;
