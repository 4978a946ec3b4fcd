//! The value of a directive: a constant, or a text with variables.

use ngx::{
    ffi::{
        NGX_LOG_INFO, NGX_OK, ngx_conf_t, ngx_http_compile_complex_value,
        ngx_http_compile_complex_value_t, ngx_http_complex_value_t, ngx_int_t, ngx_str_t,
        ngx_uint_t,
    },
    http::Request,
};

/// A value of type `T`, or a text with variables that is evaluated for each request.
pub(crate) enum Value<T> {
    /// Set when the configuration is read.
    Constant(T),
    /// With variables. Boxed, so that constants, which most values are, use little memory.
    Variable(Box<ngx_http_complex_value_t>),
}

impl<T> Value<T> {
    /// Compiles `text`, an argument of the directive that nginx is reading. If it has no variables,
    /// `constant` makes the value. `Err(None)`: nginx has logged an error.
    pub fn compile<E>(
        cf: &mut ngx_conf_t,
        text: &mut ngx_str_t,
        constant: impl FnOnce(&mut ngx_str_t) -> Result<T, E>,
    ) -> Result<Self, Option<E>> {
        // SAFETY: nginx itself begins these structures all-zero.
        let (mut value, mut compile): (_, ngx_http_compile_complex_value_t) =
            unsafe { (std::mem::zeroed::<ngx_http_complex_value_t>(), std::mem::zeroed()) };
        compile.cf = cf;
        compile.value = text;
        compile.complex_value = &mut value;
        // SAFETY: the structure points to a configuration being read and to two live values; what
        // nginx compiles is allocated from the pool of the configuration.
        if unsafe { ngx_http_compile_complex_value(&mut compile) } != NGX_OK as ngx_int_t {
            return Err(None);
        }
        if value.lengths.is_null() {
            constant(text).map(Self::Constant).map_err(Some)
        } else {
            Ok(Self::Variable(value.into()))
        }
    }
}

/// The text of a value with variables, for one request. `None`: nginx has no memory, or has failed
/// to evaluate a variable and has logged it.
pub(crate) fn evaluate<'r>(
    request: &'r Request,
    value: &ngx_http_complex_value_t,
) -> Option<&'r [u8]> {
    request.get_complex_value(value).map(|text| text.as_bytes())
}

/// As [`evaluate`], without debug messages: nginx logs the values of variables there.
pub(crate) fn evaluate_secret<'r>(
    request: &'r Request,
    value: &ngx_http_complex_value_t,
) -> Option<&'r [u8]> {
    let log = request.log();
    // SAFETY: the connection's log outlives the request, and one thread at a time works on it.
    let level = unsafe { (*log).log_level };
    // SAFETY: as above. The bits of debug messages are above all levels.
    unsafe { (*log).log_level = level.min(NGX_LOG_INFO as ngx_uint_t) };
    let text = evaluate(request, value);
    // SAFETY: as above.
    unsafe { (*log).log_level = level };
    text
}
