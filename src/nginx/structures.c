/*
 * Bit fields of nginx's structures, and the layout that nginx itself is compiled with.
 *
 * bindgen (rust-bindgen) generates Rust's declarations of these structures. It misplaces bit fields
 * that follow a member of another alignment, as those of ngx_http_request_t do from nginx 1.29.3 on.
 * So Rust reads and writes bit fields here (bits.rs), and compares the table below with the layout
 * of its own declarations (layout.rs).
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


ngx_uint_t
ngx_http_s3_auth_request_body_no_buffering(ngx_http_request_t *r)
{
    return r->request_body_no_buffering;
}


ngx_uint_t
ngx_http_s3_auth_reading_body(ngx_http_request_t *r)
{
    return r->reading_body;
}


ngx_uint_t
ngx_http_s3_auth_chunked(ngx_http_request_t *r)
{
    return r->headers_in.chunked;
}


void
ngx_http_s3_auth_set_expect_tested(ngx_http_request_t *r)
{
    r->expect_tested = 1;
}


void
ngx_http_s3_auth_clear_keepalive(ngx_http_request_t *r)
{
    r->keepalive = 0;
}


ngx_uint_t
ngx_http_s3_auth_noname(ngx_http_core_loc_conf_t *clcf)
{
    return clcf->noname;
}


off_t
ngx_http_s3_auth_buf_size(ngx_buf_t *b)
{
    return ngx_buf_size(b);
}


void
ngx_http_s3_auth_set_request_sent(ngx_http_upstream_t *u)
{
    u->request_sent = 1;
}


void
ngx_http_s3_auth_set_variable(ngx_http_variable_value_t *v, ngx_str_t text)
{
    v->len = text.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = text.data;
}


void
ngx_http_s3_auth_set_not_found(ngx_http_variable_value_t *v)
{
    v->not_found = 1;
}


typedef struct {
    const char  *structure;
    const char  *member;         /* NULL: the size of the structure */
    size_t       value;
} ngx_http_s3_auth_layout_t;


#define SIZE(structure)            { #structure, NULL, sizeof(structure) }
#define OFFSET(structure, member)  { #structure, #member, offsetof(structure, member) }


/* The structures and members that Rust uses, in the order of layout.rs. */

const ngx_http_s3_auth_layout_t  ngx_http_s3_auth_layout[] = {

    SIZE(ngx_str_t),
    OFFSET(ngx_str_t, len),
    OFFSET(ngx_str_t, data),

    SIZE(ngx_array_t),
    OFFSET(ngx_array_t, elts),
    OFFSET(ngx_array_t, nelts),

    SIZE(ngx_list_part_t),
    OFFSET(ngx_list_part_t, elts),
    OFFSET(ngx_list_part_t, nelts),
    OFFSET(ngx_list_part_t, next),

    SIZE(ngx_list_t),
    OFFSET(ngx_list_t, part),

    SIZE(ngx_table_elt_t),
    OFFSET(ngx_table_elt_t, hash),
    OFFSET(ngx_table_elt_t, key),
    OFFSET(ngx_table_elt_t, value),
    OFFSET(ngx_table_elt_t, lowcase_key),

    SIZE(ngx_buf_t),
    OFFSET(ngx_buf_t, pos),
    OFFSET(ngx_buf_t, last),
    OFFSET(ngx_buf_t, start),
    OFFSET(ngx_buf_t, end),

    SIZE(ngx_chain_t),
    OFFSET(ngx_chain_t, buf),
    OFFSET(ngx_chain_t, next),

    SIZE(ngx_time_t),
    OFFSET(ngx_time_t, sec),

    SIZE(ngx_log_t),
    OFFSET(ngx_log_t, log_level),

    SIZE(ngx_pool_cleanup_t),
    OFFSET(ngx_pool_cleanup_t, handler),
    OFFSET(ngx_pool_cleanup_t, data),
    OFFSET(ngx_pool_cleanup_t, next),

    SIZE(ngx_pool_t),
    OFFSET(ngx_pool_t, cleanup),

    SIZE(ngx_file_t),
    OFFSET(ngx_file_t, name),

    SIZE(ngx_conf_file_t),
    OFFSET(ngx_conf_file_t, file),
    OFFSET(ngx_conf_file_t, buffer),
    OFFSET(ngx_conf_file_t, dump),
    OFFSET(ngx_conf_file_t, line),

    SIZE(ngx_cycle_t),
    OFFSET(ngx_cycle_t, modules),

    SIZE(ngx_conf_t),
    OFFSET(ngx_conf_t, args),
    OFFSET(ngx_conf_t, cycle),
    OFFSET(ngx_conf_t, pool),
    OFFSET(ngx_conf_t, conf_file),
    OFFSET(ngx_conf_t, log),
    OFFSET(ngx_conf_t, ctx),
    OFFSET(ngx_conf_t, cmd_type),

    SIZE(ngx_command_t),
    OFFSET(ngx_command_t, name),
    OFFSET(ngx_command_t, type),
    OFFSET(ngx_command_t, set),
    OFFSET(ngx_command_t, conf),
    OFFSET(ngx_command_t, offset),
    OFFSET(ngx_command_t, post),

    SIZE(ngx_module_t),
    OFFSET(ngx_module_t, ctx_index),
    OFFSET(ngx_module_t, name),
    OFFSET(ngx_module_t, version),
    OFFSET(ngx_module_t, signature),
    OFFSET(ngx_module_t, ctx),
    OFFSET(ngx_module_t, commands),
    OFFSET(ngx_module_t, type),

    SIZE(ngx_http_module_t),
    OFFSET(ngx_http_module_t, preconfiguration),
    OFFSET(ngx_http_module_t, postconfiguration),
    OFFSET(ngx_http_module_t, create_main_conf),
    OFFSET(ngx_http_module_t, init_main_conf),
    OFFSET(ngx_http_module_t, create_srv_conf),
    OFFSET(ngx_http_module_t, merge_srv_conf),
    OFFSET(ngx_http_module_t, create_loc_conf),
    OFFSET(ngx_http_module_t, merge_loc_conf),

    SIZE(ngx_http_conf_ctx_t),
    OFFSET(ngx_http_conf_ctx_t, main_conf),
    OFFSET(ngx_http_conf_ctx_t, srv_conf),
    OFFSET(ngx_http_conf_ctx_t, loc_conf),

    SIZE(ngx_http_phase_t),
    OFFSET(ngx_http_phase_t, handlers),

    SIZE(ngx_http_core_main_conf_t),
    OFFSET(ngx_http_core_main_conf_t, phases),

    SIZE(ngx_http_core_loc_conf_t),
    OFFSET(ngx_http_core_loc_conf_t, handler),
    OFFSET(ngx_http_core_loc_conf_t, error_pages),

    SIZE(ngx_http_err_page_t),
    OFFSET(ngx_http_err_page_t, status),

    SIZE(ngx_connection_t),
    OFFSET(ngx_connection_t, log),

    SIZE(ngx_http_headers_in_t),
    OFFSET(ngx_http_headers_in_t, headers),
    OFFSET(ngx_http_headers_in_t, upgrade),
    OFFSET(ngx_http_headers_in_t, expect),
    OFFSET(ngx_http_headers_in_t, content_length_n),

    SIZE(ngx_http_headers_out_t),
    OFFSET(ngx_http_headers_out_t, headers),
    OFFSET(ngx_http_headers_out_t, status),

    SIZE(ngx_http_request_t),
    OFFSET(ngx_http_request_t, connection),
    OFFSET(ngx_http_request_t, ctx),
    OFFSET(ngx_http_request_t, main_conf),
    OFFSET(ngx_http_request_t, loc_conf),
    OFFSET(ngx_http_request_t, upstream),
    OFFSET(ngx_http_request_t, pool),
    OFFSET(ngx_http_request_t, headers_in),
    OFFSET(ngx_http_request_t, headers_out),
    OFFSET(ngx_http_request_t, method_name),
    OFFSET(ngx_http_request_t, main),
    OFFSET(ngx_http_request_t, content_handler),

    SIZE(ngx_http_variable_t),
    OFFSET(ngx_http_variable_t, get_handler),

    SIZE(ngx_http_complex_value_t),
    OFFSET(ngx_http_complex_value_t, value),
    OFFSET(ngx_http_complex_value_t, lengths),
    OFFSET(ngx_http_complex_value_t, values),

    SIZE(ngx_http_compile_complex_value_t),
    OFFSET(ngx_http_compile_complex_value_t, cf),
    OFFSET(ngx_http_compile_complex_value_t, value),
    OFFSET(ngx_http_compile_complex_value_t, complex_value),

    SIZE(ngx_http_script_engine_t),
    OFFSET(ngx_http_script_engine_t, ip),
    OFFSET(ngx_http_script_engine_t, pos),
    OFFSET(ngx_http_script_engine_t, request),

    SIZE(ngx_addr_t),
    OFFSET(ngx_addr_t, name),

    SIZE(ngx_http_upstream_local_t),
    OFFSET(ngx_http_upstream_local_t, addr),
    OFFSET(ngx_http_upstream_local_t, value),

    SIZE(ngx_http_upstream_conf_t),
    OFFSET(ngx_http_upstream_conf_t, upstream),
    OFFSET(ngx_http_upstream_conf_t, local),

    SIZE(ngx_http_upstream_peer_t),
    OFFSET(ngx_http_upstream_peer_t, init),

    SIZE(ngx_http_upstream_srv_conf_t),
    OFFSET(ngx_http_upstream_srv_conf_t, peer),
    OFFSET(ngx_http_upstream_srv_conf_t, srv_conf),
    OFFSET(ngx_http_upstream_srv_conf_t, host),
    OFFSET(ngx_http_upstream_srv_conf_t, port),

    SIZE(ngx_http_upstream_main_conf_t),
    OFFSET(ngx_http_upstream_main_conf_t, upstreams),

    SIZE(ngx_http_upstream_resolved_t),
    OFFSET(ngx_http_upstream_resolved_t, host),
    OFFSET(ngx_http_upstream_resolved_t, port),
    OFFSET(ngx_http_upstream_resolved_t, no_port),

    SIZE(ngx_http_upstream_headers_in_t),
    OFFSET(ngx_http_upstream_headers_in_t, headers),
    OFFSET(ngx_http_upstream_headers_in_t, status_n),

    SIZE(ngx_http_upstream_t),
    OFFSET(ngx_http_upstream_t, request_bufs),
    OFFSET(ngx_http_upstream_t, conf),
    OFFSET(ngx_http_upstream_t, create_request),
    OFFSET(ngx_http_upstream_t, reinit_request),
    OFFSET(ngx_http_upstream_t, headers_in),
    OFFSET(ngx_http_upstream_t, resolved),
};

const size_t  ngx_http_s3_auth_layout_n =
    sizeof(ngx_http_s3_auth_layout) / sizeof(ngx_http_s3_auth_layout[0]);
