# Lua's balancer.recreate_request writes the request head again, on a retry for
# example: it is signed again, or not sent.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Secret = <<'END';
s3_secret_key SecretCanary/With+Signs0000000000000001;
s3_region us-east-1;
END
our $Keys = '$TEST_NGINX_KEYS s3_region us-east-1;';

# Headers with a signature of the client.
our $Own = "Authorization: AWS4-HMAC-SHA256 Credential=client\n"
    . "X-Amz-Date: 20200101T000000Z\n";

# An upstream block whose Lua code has the balancer b, the numbers of the S3
# server's and of the recording upstream's port, and of one that refuses, and
# `try`, the number of this attempt.
sub upstream {
    my ($code, $more) = @_;

    $more //= '';
    return <<"END";
log_format s3 "\$status \$s3_signature \$s3_access_key_id";
access_log logs/access.log s3;
proxy_set_header Host s3.test;
lua_package_path "\$TEST_NGINX_LUA_DIR/?.lua;;";
upstream films {
    server 0.0.0.1;
    balancer_by_lua_block {
        local b = require "ngx.balancer"
        local s3, recorder = \$TEST_NGINX_S3_PORT, \$TEST_NGINX_UPSTREAM_PORT
        local refused = \$TEST_NGINX_REFUSED_PORT
        local try = (ngx.ctx.try or 0) + 1
        ngx.ctx.try = try
        local function connect(port)
            assert(b.set_current_peer("127.0.0.1", port))
        end
        $code
    }
    $more
}
END
}

# Recreates the request for each attempt, the first of which is refused.
our $Retry = <<'END';
if try == 1 then assert(b.set_more_tries(1)) end
assert(b.recreate_request())
connect(try == 1 and refused or s3)
END

other_modules(qw(ndk_http_module ngx_http_lua_module));
no_root_location();
run_tests();

__DATA__

=== TEST 1: without recreate_request
--- http_config eval: ::upstream('connect(s3)')
--- config eval
"location / { $::Keys s3_use_headers on; proxy_pass http://films; }"
--- request
GET /films/hello.txt
--- more_headers eval: $::Own
--- response_body
hello from films
--- s3_log_like
GET /films/hello.txt 200 v4-headers

=== TEST 2: the signature in headers
--- http_config eval: ::upstream('assert(b.recreate_request()); connect(s3)')
--- config eval
"location / { $::Keys s3_use_headers on; proxy_pass http://films; }"
--- request
GET /films/hello.txt
--- more_headers eval: $::Own
--- response_body
hello from films
--- s3_log_like
GET /films/hello.txt 200 v4-headers
--- access_log
200 v4-headers AKIDTEST00000000001

=== TEST 3: the signature in the query
--- http_config eval: ::upstream('assert(b.recreate_request()); connect(s3)')
--- config eval
"location / { $::Keys proxy_pass http://films; }"
--- request
GET /films/hello.txt?X-Amz-Signature=0&x-amz-acl=public-read
--- more_headers eval: $::Own
--- response_body
hello from films
--- s3_log_like
GET /films/hello.txt\S* 200 v4-query
--- access_log
200 v4-query AKIDTEST00000000001

=== TEST 4: Signature V2
--- http_config eval: ::upstream('assert(b.recreate_request()); connect(s3)')
--- config eval
<<"END";
\$TEST_NGINX_KEYS
location /films/ { s3_use_headers on; proxy_pass http://films; }
location /query/ { s3_use_headers off; proxy_pass http://films/films/; }
END
--- request eval: ['GET /films/hello.txt', 'GET /query/hello.txt']
--- more_headers eval: [$::Own, $::Own]
--- response_body eval: [("hello from films\n") x 2]
--- s3_log_like
GET /films/hello.txt 200 v2-headers
GET /films/hello.txt\S* 200 v2-query

=== TEST 5: variables are evaluated again
--- http_config eval
::upstream('ngx.var.region = try == 1 and "eu-north-1" or "us-east-1"' . $::Retry)
--- config eval
<<"END";
set \$region none;
location / {
    \$TEST_NGINX_KEYS
    s3_region \$region;
    proxy_pass http://films;
}
END
--- request
GET /films/hello.txt
--- response_body
hello from films
--- s3_log_like
GET /films/hello.txt\S*%2Fus-east-1%2F\S* 200 v4-query

=== TEST 6: a retry after a peer that refuses
--- http_config eval: ::upstream($::Retry)
--- config eval
"location / { $::Keys s3_use_headers on; proxy_pass http://films; }"
--- request
GET /films/hello.txt
--- more_headers eval: $::Own
--- response_body
hello from films
--- s3_log_like
GET /films/hello.txt 200 v4-headers
--- access_log
200 v4-headers AKIDTEST00000000001

=== TEST 7: a retry after a peer that has the request
--- http_config eval
::upstream($::Retry =~ s/refused/recorder/r)
--- config eval
"location / { $::Keys s3_use_headers on; proxy_next_upstream http_503; proxy_pass http://films; }"
--- request
GET /films/hello.txt
--- more_headers eval: $::Own
--- upstream_response
HTTP/1.1 503 Slow Down
Content-Length: 0

--- upstream_request_like
^Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/
--- upstream_request_unlike
client
--- response_body
hello from films
--- s3_log_like
GET /films/hello.txt 200 v4-headers

=== TEST 8: twice for one attempt, from an upstream block with the keys
--- http_config eval
::upstream('assert(b.recreate_request()); assert(b.recreate_request()); connect(s3)', $::Keys)
--- config
set $name films;
location / { proxy_pass http://films; }
location /variable/ { proxy_pass http://$name/films/hello.txt; }
--- request eval: ['GET /films/hello.txt', 'GET /variable/']
--- more_headers eval: [$::Own, $::Own]
--- response_body eval: [("hello from films\n") x 2]
--- s3_log_like
GET /films/hello.txt\S* 200 v4-query

=== TEST 9: bodies
The third is in a file, the fourth and fifth begin with a body that is read with
the head, or not.
--- http_config eval: ::upstream($::Retry)
--- config eval
<<"END";
$::Keys s3_methods any;
location /films/ { proxy_pass http://films; }
location /headers/ { s3_use_headers on; proxy_pass http://films/films/; }
location /file/ { client_body_buffer_size 1k; proxy_pass http://films/films/; }
location /unbuffered/ { proxy_request_buffering off; proxy_pass http://films/films/; }
location /set/ { proxy_set_body "set"; proxy_pass http://films/films/; }
END
--- request eval
my $long = join '', map { "line $_\n" } 1 .. 2000;
[
    "PUT /films/lua1\nsmall", 'GET /films/lua1',
    "PUT /headers/lua2\nsmall", 'GET /films/lua2',
    "PUT /file/lua3\n$long", 'GET /films/lua3',
    "PUT /unbuffered/lua4\nsmall", 'GET /films/lua4',
    ["PUT /unbuffered/lua5\n", {value => $long, delay_before => 0.1}], 'GET /films/lua5',
    "PUT /set/lua6\nsmall", 'GET /films/lua6',
]
--- more_headers eval
[('') x 8, 'Content-Length: 18893', ('') x 3]
--- error_code eval: [(200) x 12]
--- response_body eval
my $long = join '', map { "line $_\n" } 1 .. 2000;
$long =~ s/\s+\z//;
['', 'small', '', 'small', '', $long, '', 'small', '', "$long\n", '', 'set']

=== TEST 10: a cache, which turns HEAD into GET
--- http_config eval: 'proxy_cache_path cache keys_zone=films:1m; ' . ::upstream($::Retry)
--- config eval
<<"END";
location / {
    $::Keys
    proxy_cache films; proxy_cache_valid 1m; proxy_cache_key \$uri;
    add_header X-Cache \$upstream_cache_status;
    proxy_pass http://films;
}
END
--- request eval: ['HEAD /films/hello.txt', 'GET /films/hello.txt']
--- more_headers eval: [$::Own, $::Own]
--- response_headers eval: ['X-Cache: MISS', 'X-Cache: HIT']
--- s3_log_like
GET /films/hello.txt\S* 200 v4-query
--- s3_log_unlike
HEAD

=== TEST 11: subrequests
--- http_config eval: ::upstream($::Retry)
--- config eval
<<"END";
location /app { auth_request /films/hello.txt; root \$TEST_NGINX_HTML_DIR; try_files /index.html =404; }
location /films/ { $::Keys proxy_pass http://films; }
END
--- request
GET /app
--- response_body_like: It works
--- s3_log_like
GET /films/hello.txt\S* 200 v4-query

=== TEST 12: slices
--- skip_eval: 2: !grep { /http_slice_module/ } `$ENV{TEST_NGINX_BINARY} -V 2>&1`
--- http_config eval
'proxy_cache_path cache keys_zone=films:1m; ' . ::upstream('assert(b.recreate_request()); connect(s3)')
--- config eval
<<"END";
location / {
    $::Keys
    slice 4; proxy_set_header Host s3.test; proxy_set_header Range \$slice_range;
    proxy_cache films; proxy_cache_valid any 1m; proxy_cache_key \$uri\$slice_range;
    proxy_pass http://films;
}
END
--- request
GET /films/hello.txt
--- response_body
hello from films
--- s3_log_like
GET /films/hello.txt\S* 206 v4-query

=== TEST 13: a key that has become empty, and the error is ignored
--- http_config eval
::upstream('ngx.var.id = ""; b.recreate_request(); connect(recorder)')
--- config eval
<<"END";
set \$id AKIDTEST00000000001;
location / { s3_access_key \$id; $::Secret s3_methods any; proxy_pass http://films; }
END
--- request eval: ['GET /films/hello.txt', "PUT /films/lua\nbody"]
--- more_headers eval: [$::Own, $::Own]
--- error_code eval: [500, 500]
--- upstream_count: 0
--- error_log
request not signed and not sent: "s3_access_key" evaluated to an empty value
--- access_log
500 - -

=== TEST 14: a key that has become empty, and the error is not ignored
--- http_config eval
::upstream('ngx.var.id = ""; assert(b.recreate_request()); connect(recorder)')
--- config eval
<<"END";
set \$id AKIDTEST00000000001;
location / { s3_access_key \$id; $::Secret proxy_pass http://films; }
END
--- request
GET /films/hello.txt
--- error_code: 500
--- upstream_count: 0
--- error_log
request not signed and not sent: "s3_access_key" evaluated to an empty value
failed to recreate the upstream request

=== TEST 15: on the second attempt
--- http_config eval
::upstream(<<'END');
if try == 1 then b.set_more_tries(1) else ngx.var.id = "" end
b.recreate_request()
connect(try == 1 and refused or recorder)
END
--- config eval
<<"END";
set \$id AKIDTEST00000000001;
location / { s3_access_key \$id; $::Secret proxy_pass http://films; }
END
--- request
GET /films/hello.txt
--- error_code: 500
--- upstream_count: 0
--- error_log
request not signed and not sent
--- access_log
500 - -

=== TEST 16: attempts after a refusal are refused
--- http_config eval
::upstream(<<'END');
if try == 1 then b.set_more_tries(2); ngx.var.id = "" else ngx.var.id = "AKIDTEST00000000001" end
b.recreate_request()
if try == 1 then return ngx.exit(ngx.DECLINED) end
connect(recorder)
END
--- config eval
<<"END";
set \$id AKIDTEST00000000001;
location / { s3_access_key \$id; $::Secret proxy_pass http://films; }
END
--- request
GET /films/hello.txt
--- error_code_like: ^50[02]$
--- upstream_count: 0
--- error_log
request not signed and not sent

=== TEST 17: over a kept-alive connection
--- http_config eval
::upstream('if ngx.var.arg_no then ngx.var.id = "" end b.recreate_request(); connect(recorder)',
    'keepalive 4;')
--- config eval
<<"END";
set \$id AKIDTEST00000000001;
location / {
    s3_access_key \$id; $::Secret
    proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_pass http://films;
}
END
--- request eval: ['GET /a', 'GET /b?no=1', 'GET /c']
--- error_code eval: [200, 500, 200]
--- upstream_request_like eval: [qr{^GET /a\?X-Amz}, qr{^GET /c\?X-Amz}]

=== TEST 18: a refused request is answered with 500, not with a stale response
--- http_config eval
'proxy_cache_path cache keys_zone=films:1m; '
. ::upstream('if ngx.var.arg_no then ngx.var.id = "" end b.recreate_request(); connect(recorder)')
--- config eval
<<"END";
set \$id AKIDTEST00000000001;
location / {
    s3_access_key \$id; $::Secret
    proxy_cache films; proxy_cache_key \$uri; proxy_cache_use_stale error timeout;
    proxy_pass http://films;
}
END
--- upstream_response
HTTP/1.1 200 OK
Cache-Control: max-age=1
Content-Length: 3

old
--- request eval: ['GET /a', 'GET /a?no=1']
--- wait: 2
--- error_code eval: [200, 500]
--- upstream_count: 1

=== TEST 19: proxy_method that becomes one that is not allowed
--- http_config eval
::upstream('ngx.var.method = "DELETE"; b.recreate_request(); connect(recorder)')
--- config eval
<<"END";
set \$method GET;
location / { $::Keys proxy_method \$method; proxy_pass http://films; }
END
--- request
GET /films/hello.txt
--- error_code: 500
--- upstream_count: 0
--- error_log
request not signed and not sent: "s3_methods" does not allow method "DELETE"

=== TEST 20: an access key that becomes off
--- http_config eval
::upstream('ngx.var.id = "off"; assert(b.recreate_request()); connect(recorder)')
--- config eval
<<"END";
set \$id AKIDTEST00000000001;
location / { s3_access_key \$id; $::Secret s3_use_headers on; proxy_pass http://films; }
END
--- request
GET /films/hello.txt
--- upstream_request_unlike: ^Authorization
--- access_log
200 - -

=== TEST 21: an access key that was off
--- http_config eval
::upstream(<<'END');
if try == 1 then b.set_more_tries(1) else ngx.var.id = "AKIDTEST00000000001" end
assert(b.recreate_request())
connect(try == 1 and refused or recorder)
END
--- config eval
<<"END";
set \$id off;
location / { s3_access_key \$id; $::Secret s3_use_headers on; proxy_pass http://films; }
END
--- request
GET /films/hello.txt
--- upstream_request_like
^Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/
--- access_log
200 v4-headers AKIDTEST00000000001

=== TEST 22: a location that is not signed is not changed
--- http_config eval
::upstream('assert(b.recreate_request()); connect(recorder)')
--- config eval
"location / { proxy_pass http://films; }"
--- request
GET /films/hello.txt
--- more_headers
Authorization: the client's
--- upstream_request_like
^Authorization: the client's$
--- access_log
200 - -

=== TEST 23: error_page redirects a refused request to another signed location
--- http_config eval
::upstream('ngx.var.id = ngx.var.uri == "/films/hello.txt" and ngx.var.good or "" '
    . 'b.recreate_request(); connect(s3)')
--- config eval
<<"END";
set \$id AKIDTEST00000000001;
set \$good AKIDTEST00000000001;
location / { s3_access_key \$id; $::Secret error_page 500 = /films/hello.txt; proxy_pass http://films; }
END
--- request
GET /first
--- response_body
hello from films
--- s3_log_like
GET /films/hello.txt\S* 200 v4-query
--- error_log
request not signed and not sent
--- access_log
200 v4-query AKIDTEST00000000001

=== TEST 24: Lua code that changes a redirect reads no signature in it
--- http_config
lua_package_path "$TEST_NGINX_LUA_DIR/?.lua;;";
--- config eval
"location / {
    $::Keys
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    proxy_redirect off;
    header_filter_by_lua_block {
        ngx.header.Location = ngx.header.Location:gsub('s3', 'cdn')
    }
}"
--- request
GET /a
--- upstream_response
HTTP/1.1 301 Moved Permanently
Location: https://s3.example.com/a?b&X-Amz-Signature=s&X-Amz-Security-Token=t
Content-Length: 0

--- error_code: 301
--- response_headers
Location: https://cdn.example.com/a?b
