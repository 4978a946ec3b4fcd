//! Why a configuration is rejected.

use super::level::Place;
use crate::nginx::proxy::ProxyError;

/// An error that is found when nginx has read the blocks.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfError {
    /// Part of the credentials is missing in a block.
    #[error("\"{directive}\" requires \"{needs}\" in the same block in {place}")]
    HalfSet { directive: &'static str, needs: &'static str, place: Place },
    /// A part of credentials in a block that has `s3_access_key off`.
    #[error("\"{directive}\" is not allowed beside \"s3_access_key off\" in {place}")]
    BesideOff { directive: &'static str, place: Place },
    /// The hook requires what the proxy module has merged.
    #[error("ngx_http_s3_auth_module must be loaded after ngx_http_proxy_module")]
    ModuleOrder,
    /// nginx has no memory.
    #[error("ngx_http_s3_auth_module has no memory")]
    NoMemory,
    /// nginx has not created a configuration of this or a core module.
    #[error("ngx_http_s3_auth_module has no configuration")]
    NoConf,
    /// The proxy module is not as expected.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
}
