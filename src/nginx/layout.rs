//! The layout of nginx's structures. nginx does not start with the module unless Rust's
//! declarations have the layout that nginx is compiled with.

use std::{
    ffi::{CStr, c_char},
    fmt,
    mem::offset_of,
    slice,
};

use ngx::ffi::{
    ngx_addr_t, ngx_array_t, ngx_buf_t, ngx_chain_t, ngx_command_t, ngx_conf_file_t, ngx_conf_t,
    ngx_connection_t, ngx_cycle_t, ngx_file_t, ngx_http_compile_complex_value_t,
    ngx_http_complex_value_t, ngx_http_conf_ctx_t, ngx_http_core_loc_conf_t,
    ngx_http_core_main_conf_t, ngx_http_err_page_t, ngx_http_headers_in_t, ngx_http_headers_out_t,
    ngx_http_module_t, ngx_http_phase_t, ngx_http_request_t, ngx_http_script_engine_t,
    ngx_http_upstream_conf_t, ngx_http_upstream_headers_in_t, ngx_http_upstream_local_t,
    ngx_http_upstream_main_conf_t, ngx_http_upstream_peer_t, ngx_http_upstream_resolved_t,
    ngx_http_upstream_srv_conf_t, ngx_http_upstream_t, ngx_http_variable_t, ngx_list_part_t,
    ngx_list_t, ngx_log_t, ngx_module_t, ngx_pool_cleanup_t, ngx_pool_t, ngx_str_t,
    ngx_table_elt_t, ngx_time_t,
};

/// A row of the table in structures.c.
#[repr(C)]
struct InC {
    structure: *const c_char,
    /// NULL: the value is the size of the structure.
    member: *const c_char,
    value: usize,
}

unsafe extern "C" {
    static ngx_http_s3_auth_layout: InC;
    static ngx_http_s3_auth_layout_n: usize;
}

/// A size or an offset in Rust's declarations.
struct InRust {
    structure: &'static str,
    /// `None`: the value is the size of the structure.
    member: Option<&'static str>,
    value: usize,
}

/// A size or an offset on which C and Rust differ.
#[derive(Debug, thiserror::Error)]
#[error(
    "ngx_http_s3_auth_module cannot be used: the {what} is {in_rust} in the module and {in_c} in nginx"
)]
pub(crate) struct Difference {
    what: What,
    in_rust: usize,
    in_c: usize,
}

/// What differs.
#[derive(Debug)]
enum What {
    /// The number of rows of the two tables.
    Rows,
    Size(&'static str),
    Offset(&'static str, &'static str),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows => write!(f, "number of known structures and members"),
            Self::Size(structure) => write!(f, "size of \"{structure}\""),
            Self::Offset(structure, member) => {
                write!(f, "offset of \"{member}\" in \"{structure}\"")
            }
        }
    }
}

macro_rules! layout {
    ($($structure:ident { $($member:ident)* })*) => {
        &[$(
            InRust {
                structure: stringify!($structure),
                member: None,
                value: size_of::<$structure>(),
            },
            $(InRust {
                structure: stringify!($structure),
                member: Some(stringify!($member)),
                value: offset_of!($structure, $member),
            },)*
        )*]
    };
}

/// The structures and members that the module uses, in the order of structures.c.
const LAYOUT: &[InRust] = layout! {
    ngx_str_t { len data }
    ngx_array_t { elts nelts }
    ngx_list_part_t { elts nelts next }
    ngx_list_t { part }
    ngx_table_elt_t { hash key value lowcase_key }
    ngx_buf_t { pos last start end }
    ngx_chain_t { buf next }
    ngx_time_t { sec }
    ngx_log_t { log_level }
    ngx_pool_cleanup_t { handler data next }
    ngx_pool_t { cleanup }
    ngx_file_t { name }
    ngx_conf_file_t { file buffer dump line }
    ngx_cycle_t { modules }
    ngx_conf_t { args cycle pool conf_file log ctx cmd_type }
    ngx_command_t { name type_ set conf offset post }
    ngx_module_t { ctx_index name version signature ctx commands type_ }
    ngx_http_module_t {
        preconfiguration postconfiguration create_main_conf init_main_conf create_srv_conf
        merge_srv_conf create_loc_conf merge_loc_conf
    }
    ngx_http_conf_ctx_t { main_conf srv_conf loc_conf }
    ngx_http_phase_t { handlers }
    ngx_http_core_main_conf_t { phases }
    ngx_http_core_loc_conf_t { handler error_pages }
    ngx_http_err_page_t { status }
    ngx_connection_t { log }
    ngx_http_headers_in_t { headers upgrade expect content_length_n }
    ngx_http_headers_out_t { headers status }
    ngx_http_request_t {
        connection ctx main_conf loc_conf upstream pool headers_in headers_out method_name main
        content_handler
    }
    ngx_http_variable_t { get_handler }
    ngx_http_complex_value_t { value lengths values }
    ngx_http_compile_complex_value_t { cf value complex_value }
    ngx_http_script_engine_t { ip pos request }
    ngx_addr_t { name }
    ngx_http_upstream_local_t { addr value }
    ngx_http_upstream_conf_t { upstream local }
    ngx_http_upstream_peer_t { init }
    ngx_http_upstream_srv_conf_t { peer srv_conf host port }
    ngx_http_upstream_main_conf_t { upstreams }
    ngx_http_upstream_resolved_t { host port no_port }
    ngx_http_upstream_headers_in_t { headers status_n }
    ngx_http_upstream_t {
        request_bufs conf create_request reinit_request headers_in resolved
    }
};

/// Compares the two layouts, and returns the first difference.
pub(crate) fn check() -> Result<(), Difference> {
    // SAFETY: the table of structures.c, a constant, and the number of its rows, another.
    let in_c = unsafe {
        slice::from_raw_parts(&raw const ngx_http_s3_auth_layout, ngx_http_s3_auth_layout_n)
    };
    if in_c.len() != LAYOUT.len() {
        return Err(Difference { what: What::Rows, in_rust: LAYOUT.len(), in_c: in_c.len() });
    }
    for (in_rust, in_c) in LAYOUT.iter().zip(in_c) {
        if !in_rust.names_same(in_c) || in_rust.value != in_c.value {
            let what = match in_rust.member {
                None => What::Size(in_rust.structure),
                Some(member) => What::Offset(in_rust.structure, member),
            };
            return Err(Difference { what, in_rust: in_rust.value, in_c: in_c.value });
        }
    }
    Ok(())
}

impl InRust {
    /// Whether the row of C has the same names. bindgen writes Rust's keywords with a `_`.
    fn names_same(&self, in_c: &InC) -> bool {
        let text = |text: *const c_char| {
            // SAFETY: a string constant of structures.c.
            (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
        };
        let member = self.member.map(|member| member.trim_end_matches('_').as_bytes());
        text(in_c.structure) == Some(self.structure.as_bytes()) && text(in_c.member) == member
    }
}
