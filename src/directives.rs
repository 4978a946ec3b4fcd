//! The directives: names, contexts and values.

use std::ffi::{CStr, c_char, c_void};

use ngx::{
    core::{NGX_CONF_ERROR, NGX_CONF_OK},
    ffi::{
        NGX_CONF_1MORE, NGX_CONF_TAKE1, NGX_HTTP_LIF_CONF, NGX_HTTP_LMT_CONF, NGX_HTTP_LOC_CONF,
        NGX_HTTP_LOC_CONF_OFFSET, NGX_HTTP_MAIN_CONF, NGX_HTTP_SRV_CONF, NGX_HTTP_SRV_CONF_OFFSET,
        NGX_HTTP_UPS_CONF, NGX_LOG_EMERG, ngx_command_t, ngx_conf_t, ngx_str_t, ngx_uint_t,
    },
    ngx_string,
};
use s3_signer::{InvalidValue, Region, Service};
use zeroize::Zeroize;

use crate::{
    conf::BlockConf,
    credentials::{self, AccessKey, Parts, Place, Secret},
    log,
    methods::Methods,
    settings::{Level, Leveled},
    value::Value,
    wipe::wipe_source,
};

/// `http`, `server`, `location`, `if in location`, `limit_except`.
const LOCATIONS: u32 = NGX_HTTP_MAIN_CONF
    | NGX_HTTP_SRV_CONF
    | NGX_HTTP_LOC_CONF
    | NGX_HTTP_LIF_CONF
    | NGX_HTTP_LMT_CONF;

/// The table. A directive that stands in `upstream` blocks too has a second entry, because nginx
/// keeps only the server part of their configuration.
pub(crate) static mut COMMANDS: [ngx_command_t; 16] = [
    in_locations(ngx_string!("s3_access_key"), NGX_CONF_TAKE1),
    in_upstreams(ngx_string!("s3_access_key")),
    in_locations(ngx_string!("s3_secret_key"), NGX_CONF_TAKE1),
    in_upstreams(ngx_string!("s3_secret_key")),
    in_locations(ngx_string!("s3_security_token"), NGX_CONF_TAKE1),
    in_upstreams(ngx_string!("s3_security_token")),
    in_locations(ngx_string!("s3_region"), NGX_CONF_TAKE1),
    in_upstreams(ngx_string!("s3_region")),
    in_locations(ngx_string!("s3_service"), NGX_CONF_TAKE1),
    in_upstreams(ngx_string!("s3_service")),
    in_locations(ngx_string!("s3_use_headers"), NGX_CONF_TAKE1),
    in_upstreams(ngx_string!("s3_use_headers")),
    in_locations(ngx_string!("s3_bucket_in_host"), NGX_CONF_TAKE1),
    in_upstreams(ngx_string!("s3_bucket_in_host")),
    in_locations(ngx_string!("s3_methods"), NGX_CONF_1MORE),
    ngx_command_t::empty(),
];

const fn in_locations(name: ngx_str_t, arguments: u32) -> ngx_command_t {
    ngx_command_t {
        name,
        type_: (LOCATIONS | arguments) as ngx_uint_t,
        set: Some(set),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: std::ptr::null_mut(),
    }
}

const fn in_upstreams(name: ngx_str_t) -> ngx_command_t {
    ngx_command_t {
        name,
        type_: (NGX_HTTP_UPS_CONF | NGX_CONF_TAKE1) as ngx_uint_t,
        set: Some(set),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: 0,
        post: std::ptr::null_mut(),
    }
}

/// Why a directive cannot be taken.
enum Error {
    /// It stands twice in a block.
    Duplicate,
    /// What is wrong with a value; shown, unless it is a secret.
    Value(String),
    /// A value that is neither `on` nor `off`.
    Flag(String),
    /// nginx has written a message already.
    Told,
}

/// Takes one directive (`ngx_command_t.set`).
unsafe extern "C" fn set(
    cf: *mut ngx_conf_t,
    command: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    // SAFETY: nginx passes the configuration that it is reading, our command, and what our
    // create_loc_conf or create_srv_conf made for the block.
    let (cf, name, block) = unsafe { (&mut *cf, (*command).name, &mut *conf.cast::<BlockConf>()) };
    // SAFETY: the arguments of the directive, its name first; as many as the table asks for.
    let arguments = unsafe { (*cf.args).as_slice_mut::<ngx_str_t>() };
    log::guard(cf.log, NGX_CONF_ERROR, || match take(cf, name.as_bytes(), arguments, block) {
        Ok(()) => {
            // Those of credentials have warnings of their own.
            if !is_of_credentials(name.as_bytes()) {
                block.directives.push((name, Place::of(cf)));
            }
            NGX_CONF_OK
        }
        Err(Error::Told) => NGX_CONF_ERROR,
        Err(Error::Duplicate) => {
            const DUPLICATE: &CStr = c"is duplicate";
            DUPLICATE.as_ptr().cast_mut()
        }
        Err(Error::Value(message)) => {
            ngx::ngx_conf_log_error!(NGX_LOG_EMERG, cf, "{message} in \"{name}\" directive");
            NGX_CONF_ERROR
        }
        // In the words of `ngx_conf_set_flag_slot`.
        Err(Error::Flag(value)) => {
            ngx::ngx_conf_log_error!(
                NGX_LOG_EMERG,
                cf,
                "invalid value \"{value}\" in \"{name}\" directive, it must be \"on\" or \"off\""
            );
            NGX_CONF_ERROR
        }
    })
}

/// Whether a directive sets a part of the credentials.
fn is_of_credentials(name: &[u8]) -> bool {
    matches!(name, b"s3_access_key" | b"s3_secret_key" | b"s3_security_token")
}

fn take(
    cf: &mut ngx_conf_t,
    name: &[u8],
    arguments: &mut [ngx_str_t],
    block: &mut BlockConf,
) -> Result<(), Error> {
    let level = Level::of(cf);
    let settings = &mut block.settings;
    match name {
        b"s3_access_key" => {
            let place = Place::of(cf);
            let slot = &mut block.parts.get_or_insert_with(|| Parts::new(level).into()).access_key;
            let key = match arguments[1].as_bytes() {
                b"off" => AccessKey::Off,
                _ => AccessKey::Id(secret(cf, arguments)?),
            };
            once(slot, (key, place))
        }
        b"s3_secret_key" => {
            let place = Place::of(cf);
            let slot = &mut block.parts.get_or_insert_with(|| Parts::new(level).into()).secret_key;
            once(slot, (secret(cf, arguments)?, place))
        }
        b"s3_security_token" => {
            let place = Place::of(cf);
            let slot =
                &mut block.parts.get_or_insert_with(|| Parts::new(level).into()).security_token;
            once(slot, (secret(cf, arguments)?, place))
        }
        b"s3_region" => {
            let value = scope_name(cf, arguments, Region::new)?.into();
            once(&mut settings.region, Leveled { level, value })
        }
        b"s3_service" => {
            let value = scope_name(cf, arguments, Service::new)?.into();
            once(&mut settings.service, Leveled { level, value })
        }
        b"s3_use_headers" => {
            once(&mut settings.use_headers, Leveled { level, value: flag(&arguments[1])? })
        }
        b"s3_bucket_in_host" => {
            once(&mut settings.bucket_in_host, Leveled { level, value: flag(&arguments[1])? })
        }
        b"s3_methods" => once(&mut settings.methods, methods(&arguments[1..])?),
        _ => unreachable!("the table has no other directive"),
    }
}

/// Fills a slot that is empty yet.
fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Error> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::Duplicate),
    }
}

/// Reads a part of the credential scope, which `new` makes of a text.
fn scope_name<T>(
    cf: &mut ngx_conf_t,
    arguments: &mut [ngx_str_t],
    new: impl FnOnce(&str) -> Result<T, InvalidValue>,
) -> Result<Value<T>, Error> {
    let value = Value::compile(cf, &mut arguments[1], |text| {
        new(&text.to_string()).map_err(|error| match error {
            InvalidValue::Empty => error.to_string(),
            _ => format!("invalid value \"{text}\" with {error}"),
        })
    })?;
    Ok(value)
}

/// Takes a part of the credentials, and wipes what nginx keeps of it.
fn secret(cf: &mut ngx_conf_t, arguments: &mut [ngx_str_t]) -> Result<Value<Secret>, Error> {
    wipe_source(cf);
    let value = Value::compile(cf, &mut arguments[1], |text| {
        let secret = credentials::secret(text.as_bytes());
        text.as_bytes_mut().zeroize();
        secret.map_err(|error| match error {
            InvalidValue::Empty => error.to_string(),
            // The value stays unsaid.
            _ => format!("invalid value with {error}"),
        })
    })?;
    Ok(value)
}

/// `on` or `off`, as `ngx_conf_set_flag_slot` takes it.
fn flag(argument: &ngx_str_t) -> Result<bool, Error> {
    match argument.as_bytes() {
        on if on.eq_ignore_ascii_case(b"on") => Ok(true),
        off if off.eq_ignore_ascii_case(b"off") => Ok(false),
        _ => Err(Error::Flag(argument.to_string())),
    }
}

/// `any`, or names of methods.
fn methods(arguments: &[ngx_str_t]) -> Result<Methods, Error> {
    if let [any] = arguments
        && any.as_bytes() == b"any"
    {
        return Ok(Methods::ANY);
    }
    let mut methods = Methods::NONE;
    for (i, name) in arguments.iter().enumerate() {
        if arguments[..i].iter().any(|before| before.as_bytes() == name.as_bytes()) {
            return Err(Error::Value(format!("duplicate method \"{name}\"")));
        }
        if methods.add(name.as_bytes()).is_none() {
            return Err(Error::Value(format!("invalid method \"{name}\"")));
        }
    }
    Ok(methods)
}

impl From<Option<String>> for Error {
    fn from(message: Option<String>) -> Self {
        message.map_or(Self::Told, Self::Value)
    }
}
