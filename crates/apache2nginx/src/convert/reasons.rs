//! Why a directive is not converted.

use crate::apache::access;
use crate::apache::section::Section;
use crate::tree::Node;

/// The reason for an `IsmProxyPass`, by the section that it stands in.
pub fn of_ism(section: Option<&Node>) -> &'static str {
    match section.map(Section::of) {
        Some(section)
            if section.node.key.starts_with("directory") && section.prefix().is_some() =>
        {
            "no DocumentRoot or Alias leads to this directory"
        }
        Some(section) if section.node.key.starts_with(['d', 'l']) => {
            "in a section with a pattern it has no prefix to replace"
        }
        _ => "it stands in no <Location> or <Directory>, from which it would have its path",
    }
}

/// The reason for another directive, by its name in lower case.
pub fn of(key: &str) -> &'static str {
    match key {
        _ if key.starts_with("s3") => "there are no requests with keys to which it applies",
        _ if key.starts_with("usp") || key.starts_with("ism") => {
            "Unified Streaming's module has no counterpart: nginx passes the objects on as they are"
        }
        _ if key.starts_with("rewrite") => {
            "rules of mod_rewrite have to be written anew with rewrite, return or map"
        }
        "redirect" | "redirectmatch" | "redirectpermanent" | "redirecttemp" => {
            "nginx has return and rewrite for it"
        }
        "require" | "requireall" | "requireany" | "requirenone" | "allow" | "deny" | "order"
        | "satisfy" | "limit" | "limitexcept" | "authmerging" => {
            "nginx has allow, deny and satisfy for it"
        }
        "authtype" | "authname" | "authuserfile" | "authbasicprovider" | "authgroupfile" => {
            "nginx has auth_basic and auth_basic_user_file for it"
        }
        _ if key.starts_with("auth") => "nginx has auth_basic and auth_request for it",
        "proxypreservehost" => "S3 has to be given its own name as Host",
        "proxyrequests" => "nginx is no forward proxy",
        "proxyset" | "balancermember" => "nothing is passed to this URL",
        "proxypassreversecookiedomain" => "nginx has proxy_cookie_domain for it",
        "proxypassreversecookiepath" => "nginx has proxy_cookie_path for it",
        "proxypassreverse" => "no ProxyPass has its path",
        _ if key.starts_with("proxy") => "no counterpart that is known here",
        _ if key.starts_with("sslproxy") => "nothing is passed on by https",
        _ if key.starts_with("ssl") => "nginx has other directives for it, named ssl_…",
        "requestheader" => "nginx has proxy_set_header for it",
        "header" => "nginx has add_header and proxy_hide_header for it",
        _ if key.starts_with("cache") => {
            "nginx has proxy_cache for it: nginx-conf/cache-slices.conf"
        }
        "documentroot" | "alias" | "aliasmatch" | "scriptalias" => {
            "files that nginx shall serve need root or alias, and the limits that were on them"
        }
        "loadmodule" => "nginx has modules of its own",
        "customlog" | "logformat" | "transferlog" | "errorlog" | "loglevel" => {
            "nginx has log_format, access_log and error_log for it"
        }
        "setenvif" | "setenvifnocase" | "browsermatch" | "setenv" | "unsetenv" | "passenv" => {
            "nginx has set and map for it"
        }
        "servername" | "serveralias" | "listen" => "no server comes of it",
        "serveradmin" => "nginx shows no address on its pages",
        "addhandler" | "sethandler" | "action" => "nginx has no handlers",
        "protocols" => "nginx has http2 for it",
        "keepalive" | "keepalivetimeout" | "maxkeepaliverequests" => {
            "nginx has keepalive_timeout and keepalive_requests for it"
        }
        "timeout" | "proxytimeout" => "nothing is passed on",
        "user" | "group" | "pidfile" | "startservers" | "maxrequestworkers" | "threadsperchild"
        | "mutex" => "nginx.conf has directives of its own for its processes",
        _ => "no counterpart that is known here",
    }
}

/// Whether a directive can change what is sent to S3, or who may ask for it.
pub fn touches_upstream(key: &str) -> bool {
    let silent = [
        "proxyrequests",
        "proxyvia",
        "proxybadheader",
        "proxystatus",
        "proxyerroroverride",
        "proxytimeout",
    ];
    key.starts_with("proxy") && !silent.contains(&key)
        || key == "requestheader"
        || access::is_access(key)
}

/// Whether a directive is about S3 alone.
pub fn is_s3(key: &str) -> bool {
    key == "ismproxypass" || key.starts_with("s3")
}

/// Why a parameter of `ProxySet` or `ProxyPass` is not converted.
pub fn of_parameter(key: &str) -> &'static str {
    match key {
        "smax" | "min" => "nginx closes idle connections after keepalive_timeout alone",
        "acquire" => "nginx opens a new connection instead of waiting for one",
        "lbset" | "lbmethod" | "stickysession" | "route" | "redirect" | "loadfactor" => {
            "nothing is balanced: the upstream has one host"
        }
        "status" => "nginx has down and backup for it",
        "ping" => "nginx does not probe a connection before it sends a request",
        "flushpackets" | "flushwait" => "nginx has proxy_buffering for it, which is on or off",
        "iobuffersize" | "responsefieldsize" => "nginx has proxy_buffers and proxy_buffer_size",
        "receivebuffersize" => "the system has settings for it",
        "addressttl" => "nginx has valid of resolver for it",
        "upgrade" => "S3 speaks no other protocol",
        "failonstatus" | "failontimeout" | "nofailover" | "maxattempts" | "forcerecovery" => {
            "nginx has proxy_next_upstream for it"
        }
        _ if key.starts_with("hc") => "nginx probes nothing by itself",
        _ => "nginx has no such parameter",
    }
}
