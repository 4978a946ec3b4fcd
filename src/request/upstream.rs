//! The upstream block of a request, and the settings in effect.

use ngx::{
    ffi::{
        NGX_LOG_WARN, ngx_http_upstream_resolved_t, ngx_http_upstream_srv_conf_t,
        ngx_http_upstream_t,
    },
    http::{HttpModuleMainConf, NgxHttpUpstreamModule, Request},
};

use crate::{
    conf::{blocks::BlockConf, settings::Effective},
    nginx::log,
};

/// The settings in effect for a request of a location.
pub(crate) fn effective<'a>(
    request: &Request,
    upstream: &ngx_http_upstream_t,
    location: &'a BlockConf,
) -> Effective<'a> {
    let block = block(request, upstream).and_then(BlockConf::of_upstream);
    Effective::new(&location.settings, block.map(|block| &block.settings))
}

/// The upstream block that nginx is about to choose, as `ngx_http_upstream_init_request` finds it.
fn block(
    request: &Request,
    upstream: &ngx_http_upstream_t,
) -> Option<&'static ngx_http_upstream_srv_conf_t> {
    let Some(resolved) = resolved(upstream) else {
        // SAFETY: the configuration outlives the request.
        return unsafe { (*upstream.conf).upstream.as_ref() };
    };
    named(request, resolved)
        .find(|block| block.port == resolved.port || block.port == 0 && resolved.no_port != 0)
}

/// Warns, once in a worker, of a block with credentials that nginx does not choose because a port
/// follows its name in the value of `proxy_pass`. nginx resolves the name then, and the request is
/// not signed.
pub(crate) fn warn_of_port(request: &Request, upstream: &ngx_http_upstream_t) {
    let Some(resolved) = resolved(upstream) else { return };
    for block in named(request, resolved) {
        let Some(conf) = BlockConf::of_upstream(block) else { continue };
        if conf.has_keys() && !conf.warned_of_port.replace(true) {
            log::write(
                NGX_LOG_WARN,
                request.log(),
                format_args!(
                    "request not signed: \"{0}:{1}\" in \"proxy_pass\" is not upstream \"{0}\", \
                     remove the port to use that upstream and its \"s3_access_key\"",
                    block.host, resolved.port
                ),
            );
        }
    }
}

/// The host that `proxy_pass` with variables gave a request.
fn resolved(upstream: &ngx_http_upstream_t) -> Option<&ngx_http_upstream_resolved_t> {
    // SAFETY: NULL, or a structure in the pool of the request.
    unsafe { upstream.resolved.as_ref() }
}

/// The blocks of the host, whatever their ports.
fn named(
    request: &Request,
    resolved: &ngx_http_upstream_resolved_t,
) -> impl Iterator<Item = &'static ngx_http_upstream_srv_conf_t> {
    let main = NgxHttpUpstreamModule::main_conf(request);
    // SAFETY: that is what the array holds; upstreams live as long as the configuration.
    main.map(|main| unsafe { main.upstreams.as_slice::<*const ngx_http_upstream_srv_conf_t>() })
        .unwrap_or_default()
        .iter()
        // SAFETY: as above.
        .map(|&block| unsafe { &*block })
        .filter(|block| block.host.as_bytes().eq_ignore_ascii_case(resolved.host.as_bytes()))
}
