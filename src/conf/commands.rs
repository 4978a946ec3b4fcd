//! The directives: names, contexts, values.

use std::{
    ffi::{CStr, c_char, c_void},
    ptr,
};

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

use super::{
    blocks::BlockConf,
    keys::AccessKey,
    level::{Level, Leveled, Place},
    methods::Methods,
    wipe::wipe_source,
};
use crate::{
    credentials::{self, Secret},
    nginx::{log, value::Value},
};

/// `http`, `server`, `location`, `if in location`, `limit_except`.
const LOCATIONS: u32 = NGX_HTTP_MAIN_CONF
    | NGX_HTTP_SRV_CONF
    | NGX_HTTP_LOC_CONF
    | NGX_HTTP_LIF_CONF
    | NGX_HTTP_LMT_CONF;

/// The table. A directive that is allowed in `upstream` blocks as well has a second row: nginx
/// keeps the server part of their configuration only.
pub(crate) static mut COMMANDS: [ngx_command_t; 16] = [
    in_locations(ngx_string!("s3_access_key"), NGX_CONF_TAKE1, set_access_key),
    in_upstreams(ngx_string!("s3_access_key"), set_access_key),
    in_locations(ngx_string!("s3_secret_key"), NGX_CONF_TAKE1, set_secret_key),
    in_upstreams(ngx_string!("s3_secret_key"), set_secret_key),
    in_locations(ngx_string!("s3_security_token"), NGX_CONF_TAKE1, set_security_token),
    in_upstreams(ngx_string!("s3_security_token"), set_security_token),
    in_locations(ngx_string!("s3_region"), NGX_CONF_TAKE1, set_region),
    in_upstreams(ngx_string!("s3_region"), set_region),
    in_locations(ngx_string!("s3_service"), NGX_CONF_TAKE1, set_service),
    in_upstreams(ngx_string!("s3_service"), set_service),
    in_locations(ngx_string!("s3_use_headers"), NGX_CONF_TAKE1, set_use_headers),
    in_upstreams(ngx_string!("s3_use_headers"), set_use_headers),
    in_locations(ngx_string!("s3_bucket_in_host"), NGX_CONF_TAKE1, set_bucket_in_host),
    in_upstreams(ngx_string!("s3_bucket_in_host"), set_bucket_in_host),
    in_locations(ngx_string!("s3_methods"), NGX_CONF_1MORE, set_methods),
    ngx_command_t::empty(),
];

/// The type of `ngx_command_t.set`.
type Set = unsafe extern "C" fn(*mut ngx_conf_t, *mut ngx_command_t, *mut c_void) -> *mut c_char;

const fn in_locations(name: ngx_str_t, arguments: u32, set: Set) -> ngx_command_t {
    ngx_command_t {
        name,
        type_: (LOCATIONS | arguments) as ngx_uint_t,
        set: Some(set),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: ptr::null_mut(),
    }
}

const fn in_upstreams(name: ngx_str_t, set: Set) -> ngx_command_t {
    ngx_command_t {
        name,
        type_: (NGX_HTTP_UPS_CONF | NGX_CONF_TAKE1) as ngx_uint_t,
        set: Some(set),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: 0,
        post: ptr::null_mut(),
    }
}

/// Defines the handlers of directives: what they set in the block, which is of this level, of their
/// arguments, the first of which is the name.
macro_rules! handlers {
    ($($handler:ident: |$cf:ident, $block:ident, $level:ident, $arguments:ident| $set:expr;)*) => {$(
        unsafe extern "C" fn $handler(
            cf: *mut ngx_conf_t,
            command: *mut ngx_command_t,
            conf: *mut c_void,
        ) -> *mut c_char {
            fn apply(
                $cf: &mut ngx_conf_t,
                $block: &mut BlockConf,
                $level: Level,
                $arguments: &mut [ngx_str_t],
            ) -> Result<(), Error> {
                $set
            }
            // SAFETY: the arguments with which nginx calls the handler of a directive.
            unsafe { set(cf, command, conf, apply) }
        }
    )*};
}

handlers! {
    set_access_key: |cf, block, level, arguments| {
        let place = Place::of(cf);
        let key = match arguments[1].as_bytes() {
            b"off" => AccessKey::Off,
            _ => AccessKey::Id(secret(cf, arguments)?),
        };
        once(&mut block.parts(level).access_key, (key, place))
    };
    set_secret_key: |cf, block, level, arguments| {
        let place = Place::of(cf);
        once(&mut block.parts(level).secret_key, (secret(cf, arguments)?, place))
    };
    set_security_token: |cf, block, level, arguments| {
        let place = Place::of(cf);
        once(&mut block.parts(level).security_token, (secret(cf, arguments)?, place))
    };
    set_region: |cf, block, level, arguments| {
        block.directives.push((arguments[0], Place::of(cf)));
        let value = scope_name(cf, arguments, Region::new)?.into();
        once(&mut block.settings.region, Leveled { level, value })
    };
    set_service: |cf, block, level, arguments| {
        block.directives.push((arguments[0], Place::of(cf)));
        let value = scope_name(cf, arguments, Service::new)?.into();
        once(&mut block.settings.service, Leveled { level, value })
    };
    set_use_headers: |cf, block, level, arguments| {
        block.directives.push((arguments[0], Place::of(cf)));
        once(&mut block.settings.use_headers, Leveled { level, value: flag(&arguments[1])? })
    };
    set_bucket_in_host: |cf, block, level, arguments| {
        block.directives.push((arguments[0], Place::of(cf)));
        once(&mut block.settings.bucket_in_host, Leveled { level, value: flag(&arguments[1])? })
    };
    set_methods: |cf, block, _level, arguments| {
        block.directives.push((arguments[0], Place::of(cf)));
        once(&mut block.settings.methods, methods(&arguments[1..])?)
    };
}

/// Why a directive is rejected.
enum Error {
    /// It is repeated in a block.
    Duplicate,
    /// The message of an invalid value, which it includes unless it is a secret.
    Value(String),
    /// A value that is neither `on` nor `off`.
    Flag(String),
    /// nginx has logged an error.
    Logged,
}

/// Sets a directive in a block by `set`, and logs its error in nginx's words.
///
/// # Safety
/// The arguments are those of `ngx_command_t.set`.
unsafe fn set(
    cf: *mut ngx_conf_t,
    command: *mut ngx_command_t,
    conf: *mut c_void,
    set: impl FnOnce(&mut ngx_conf_t, &mut BlockConf, Level, &mut [ngx_str_t]) -> Result<(), Error>,
) -> *mut c_char {
    // SAFETY: nginx passes the configuration that it is reading, a row of the table, and what
    // `create_conf` has created for the block.
    let (cf, name, block) = unsafe { (&mut *cf, (*command).name, &mut *conf.cast::<BlockConf>()) };
    // SAFETY: the directive's words, its name first; as many as its row of the table requires.
    let arguments = unsafe { (*cf.args).as_slice_mut::<ngx_str_t>() };
    let level = Level::of(cf);
    log::guard(cf.log, NGX_CONF_ERROR, || match set(cf, block, level, arguments) {
        Ok(()) => NGX_CONF_OK,
        Err(Error::Logged) => NGX_CONF_ERROR,
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

/// Sets a value that is not set yet.
fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Error> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::Duplicate),
    }
}

/// A part of the credential scope, which `new` creates from the text.
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

/// A part of the credentials. Zeroes what nginx has of it.
fn secret(cf: &mut ngx_conf_t, arguments: &mut [ngx_str_t]) -> Result<Value<Secret>, Error> {
    wipe_source(cf);
    let value = Value::compile(cf, &mut arguments[1], |text| {
        let secret = credentials::secret(text.as_bytes());
        text.as_bytes_mut().zeroize();
        secret.map_err(|error| match error {
            InvalidValue::Empty => error.to_string(),
            // Without the value.
            _ => format!("invalid value with {error}"),
        })
    })?;
    Ok(value)
}

/// `on` or `off`, as `ngx_conf_set_flag_slot` parses it.
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
        message.map_or(Self::Logged, Self::Value)
    }
}
