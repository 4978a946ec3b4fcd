# proxy_cache: requests that are sent are signed, cache keys and files contain no
# signature.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our @Kinds = qw(v4-headers v4-query v2-headers v2-query);

our $Cache = <<'END';
proxy_cache_path $TEST_NGINX_SERVROOT/cache keys_zone=z:1m use_temp_path=off;
proxy_cache z;
proxy_cache_valid 1m;
add_header X-Cache "$upstream_cache_status $s3_signature" always;
END

our $Keys   = $Cache . '$TEST_NGINX_KEYS';
our $KeysV4 = "$Keys s3_region us-east-1;";

# A server of nginx for each kind of signature, chosen by the client's Host,
# with these directives in its location.
sub servers {
    my ($directives) = @_;

    return join "\n", $Keys, map {
        my $region  = /v4/      ? 's3_region us-east-1;' : '';
        my $headers = /headers/ ? 'on'                   : 'off';
        <<"END"
server {
    listen 127.0.0.1:\$TEST_NGINX_SERVER_PORT;
    server_name $_;
    $region
    s3_use_headers $headers;
    location / {
        $directives
        proxy_pass http://127.0.0.1:\$TEST_NGINX_S3_PORT;
    }
}
END
    } @Kinds;
}

# Kept, but never fresh.
our $Stale = "HTTP/1.1 200 OK\nX-Accel-Expires: \@1\nETag: \"1\"\n"
    . "Content-Length: 2\n\n";

# One that waits until the signatures before are a second old.
sub later {
    my ($request) = @_;

    return [{value => $request, delay_before => 1.1}];
}

# In place of the body: the keys in the files of the cache, and whatever in them
# is part of a signature.
sub cached {
    return join '', map {
        open my $in, '<:raw', $_ or die "$_: $!";
        my $file = do { local $/; <$in> };
        $file =~ /^(KEY: .*\n)/mg, $file =~ /(signature|credential)/gi;
    } sort glob server_root() . '/cache/*';
}

no_root_location();
run_tests();

__DATA__

=== TEST 1: a miss is signed, a hit is not sent and has no signature
--- http_config eval: ::servers('')
--- config
--- request eval: [('GET /films/a%20b.txt') x 5]
--- more_headers eval
['Host: v4-headers', ('Host: v4-query') x 2, 'Host: v2-headers', 'Host: v2-query']
--- error_code eval: [(200) x 5]
--- response_headers eval
['X-Cache: MISS v4-headers', 'X-Cache: HIT', 'X-Cache: HIT', 'X-Cache: HIT',
 'X-Cache: HIT']
--- response_body eval: [("a b.txt of films\n") x 5]
--- s3_log_like: GET /films/a%20b\.txt 200 v4-headers$
--- s3_log_unlike
v4-query$
v2

=== TEST 2: the key is the same a second later
--- http_config eval: ::servers('proxy_cache_key $host$request_uri;')
--- config
--- request eval
[('GET /films/a+b.txt?versionId=v1') x 4,
 ::later('GET /films/a+b.txt?versionId=v1'),
 ('GET /films/a+b.txt?versionId=v1') x 3]
--- more_headers eval: [map { "Host: $_" } @::Kinds, @::Kinds]
--- error_code eval: [(200) x 8]
--- response_headers eval
[map({ "X-Cache: MISS $_" } @::Kinds), ('X-Cache: HIT') x 4]
--- response_body eval: [("a+b.txt of films\n") x 8]
--- s3_log_like eval: [map { " 200 $_\$" } @::Kinds]

=== TEST 3: the default key has no signature
--- http_config eval: ::servers(' proxy_no_cache 1;')
--- config
--- request eval: [('GET /films/%68ello.txt?b=2&a=1') x 4]
--- more_headers eval: [map { "Host: $_" } @::Kinds]
--- error_code eval: [(200) x 4]
--- response_headers eval: [map { "X-Cache: MISS $_" } @::Kinds]
--- grep_error_log eval: qr/http cache key: "[^"]*"/
--- grep_error_log_out
http cache key: "http://127.0.0.1:$TEST_NGINX_S3_PORT"
http cache key: "/films/%68ello.txt?b=2&a=1"

=== TEST 4: a key of $request_uri has no signature
--- http_config eval: ::servers('proxy_cache_key $request_uri; proxy_no_cache 1;')
--- config
--- request eval: [('GET /films/%68ello.txt?b=2&a=1') x 4]
--- more_headers eval: [map { "Host: $_" } @::Kinds]
--- error_code eval: [(200) x 4]
--- response_headers eval: [map { "X-Cache: MISS $_" } @::Kinds]
--- grep_error_log eval: qr/http cache key: "[^"]*"/
--- grep_error_log_out
http cache key: "/films/%68ello.txt?b=2&a=1"

=== TEST 5: a key of $uri and $args has no signature
--- http_config eval: ::servers('proxy_cache_key $uri--$args--$is_args; proxy_no_cache 1;')
--- config
--- request eval: [('GET /films/%68ello.txt?b=2&a=1') x 4]
--- more_headers eval: [map { "Host: $_" } @::Kinds]
--- error_code eval: [(200) x 4]
--- response_headers eval: [map { "X-Cache: MISS $_" } @::Kinds]
--- grep_error_log eval: qr/http cache key: "[^"]*"/
--- grep_error_log_out
http cache key: "/films/hello.txt--b=2&a=1--?"

=== TEST 6: files of the cache have no signature
--- http_config eval: ::servers('proxy_cache_key $host$request_uri;')
--- config
--- request eval: [('GET /films/hello.txt?a') x 4]
--- more_headers eval: [map { "Host: $_" } @::Kinds]
--- error_code eval: [(200) x 4]
--- response_body_filters eval: \&::cached
--- response_body_like eval
[map { "^(?:KEY: [-v24a-z]+/films/hello.txt\\?a\n){$_}\$" } 1 .. 4]

=== TEST 7: a client's own signature is in its key and is not sent
--- http_config eval: ::servers('')
--- config
--- request eval
['GET /films/hello.txt?X-Amz-Signature=junk&X-Amz-Date=1',
 'GET /films/hello.txt?X-Amz-Signature=other&x-amz-expires=2',
 'GET /films/hello.txt?X-Amz-Signature=junk&X-Amz-Date=1']
--- more_headers eval: [('Host: v4-query') x 3]
--- error_code eval: [(200) x 3]
--- response_headers eval
['X-Cache: MISS v4-query', 'X-Cache: MISS v4-query', 'X-Cache: HIT']
--- response_body eval: [("hello from films\n") x 3]
--- s3_log_unlike
junk
other

=== TEST 8: with a key of the path, clients with different signatures share an entry
--- http_config eval: ::servers('proxy_cache_key $uri;')
--- config
--- request eval
['GET /films/hello.txt?X-Amz-Signature=junk&X-Amz-Date=1',
 'GET /films/hello.txt?X-Amz-Signature=other&X-Amz-Credential=me']
--- more_headers eval: [('Host: v4-query') x 2]
--- error_code eval: [(200) x 2]
--- response_headers eval: ['X-Cache: MISS v4-query', 'X-Cache: HIT']
--- response_body eval: [("hello from films\n") x 2]

=== TEST 9: HEAD is sent and signed as GET
--- http_config eval: ::servers('')
--- config
--- request eval: [map { ("HEAD /films/hello.txt?$_") x 2, "GET /films/hello.txt?$_" } 1 .. 4]
--- more_headers eval: [map { ("Host: $_") x 3 } @::Kinds]
--- error_code eval: [(200) x 12]
--- response_headers eval
[map {; "X-Cache: MISS $_\nContent-Length: 17", ('X-Cache: HIT') x 2 } @::Kinds]
--- response_body eval: [('', '', "hello from films\n") x 4]
--- s3_log_like eval: [map { "GET \\S+ 200 $_\$" } @::Kinds]
--- s3_log_unlike: HEAD

=== TEST 10: without the conversion, HEAD is signed as HEAD
--- http_config eval
::servers('proxy_cache_convert_head off; proxy_cache_key $request_method$request_uri;')
--- config
--- request eval: [map { "HEAD /films/hello.txt?$_" } 1 .. 4]
--- more_headers eval: [map { "Host: $_" } @::Kinds]
--- error_code eval: [(200) x 4]
--- response_headers eval
[map { "X-Cache: MISS $_\nContent-Length: 17" } @::Kinds]
--- s3_log_like eval: [map { "HEAD \\S+ 200 $_\$" } @::Kinds]
--- s3_log_unlike: GET

=== TEST 11: GET in place of HEAD must be allowed by s3_methods
--- http_config eval: $::KeysV4
--- config
location / {
    s3_methods HEAD;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
HEAD /a
--- error_code: 500
--- error_log
request not signed and not sent: "s3_methods" does not allow method "GET"
--- upstream_connections: 0

=== TEST 12: a range is cut from the whole object
--- http_config eval: ::servers('')
--- config
--- request eval: [('GET /films/hello.txt') x 2]
--- more_headers eval
["Host: v4-headers\nRange: bytes=6-9", "Host: v4-headers\nRange: bytes=-6"]
--- error_code eval: [206, 206]
--- response_headers eval: ['X-Cache: MISS v4-headers', 'X-Cache: HIT']
--- response_body eval: ['from', "films\n"]
--- s3_log_like: GET /films/hello\.txt 200 v4-headers$
--- s3_log_unlike: \s206\s

=== TEST 13: a request that bypasses the cache is signed
--- http_config eval: ::servers('proxy_cache_bypass $http_x_bypass;')
--- config
--- request eval: [('GET /films/hello.txt') x 3]
--- more_headers eval
["Host: v4-query", "Host: v4-query\nX-Bypass: 1", "Host: v4-query"]
--- error_code eval: [200, 200, 200]
--- response_headers eval
['X-Cache: MISS v4-query', 'X-Cache: BYPASS v4-query', 'X-Cache: HIT']
--- s3_log_unlike: ^(?!.* 200 v4-query$)

=== TEST 14: an entry is validated by a signed request
--- http_config eval
::servers('proxy_cache_valid 1s; proxy_cache_revalidate on; proxy_cache_key $host$uri;')
--- config
--- request eval
[('GET /films/hello.txt') x 4,
 [{value => 'GET /films/hello.txt', delay_before => 2.1}],
 ('GET /films/hello.txt') x 3]
--- more_headers eval: [map { "Host: $_" } @::Kinds, @::Kinds]
--- error_code eval: [(200) x 8]
--- response_headers eval
[map({ "X-Cache: MISS $_" } @::Kinds), map { "X-Cache: REVALIDATED $_" } @::Kinds]
--- response_body eval: [("hello from films\n") x 8]
--- s3_log_like eval: [map { "GET \\S+ 304 $_\$" } @::Kinds]

=== TEST 15: the head of a request that validates an entry
--- http_config eval: $::KeysV4
--- config
location / {
    s3_use_headers on;
    proxy_cache_revalidate on;
    proxy_set_header Host h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
--- request eval: ['GET /a', 'GET /a']
--- upstream_response eval
[$::Stale . 'ok', "HTTP/1.1 304 Not Modified\nETag: \"1\"\nX-Accel-Expires: \@1\n\n"]
--- error_code eval: [200, 200]
--- response_headers eval
['X-Cache: MISS v4-headers', 'X-Cache: REVALIDATED v4-headers']
--- response_body eval: ['ok', 'ok']
--- upstream_request_like eval
[map { qr{\AGET /a HTTP/1\.1
Host: h
${_}x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
x-amz-date: \d{8}T\d{6}Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/\d{8}/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}\n*\z}
} '', "If-None-Match: \"1\"\n"]

=== TEST 16: an update in the background is signed
--- http_config eval
::servers('proxy_cache_valid 1s; proxy_cache_revalidate on; proxy_cache_key $host$uri;
    proxy_cache_background_update on; proxy_cache_use_stale updating;')
--- config
--- request eval
[('GET /films/hello.txt') x 4,
 [{value => 'GET /films/hello.txt', delay_before => 2.1}],
 ('GET /films/hello.txt') x 3]
--- more_headers eval: [map { "Host: $_" } @::Kinds, @::Kinds]
--- error_code eval: [(200) x 8]
--- response_headers eval
[map({ "X-Cache: MISS $_" } @::Kinds), ('X-Cache: STALE') x 4]
--- response_body eval: [("hello from films\n") x 8]
--- s3_log_like eval: [map { "GET \\S+ 304 $_\$" } @::Kinds]
--- s3_log_unlike eval: qr/ (?!200|304)\d\d\d v\S+$/

=== TEST 17: an update in the background stores the new object
--- http_config eval: $::KeysV4
--- config
location / {
    proxy_cache_background_update on;
    proxy_cache_use_stale updating;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
['GET /a', 'GET /a', [{value => 'GET /a', delay_before => 0.1}]]
--- upstream_response eval
[$::Stale . 'o1', "HTTP/1.1 200 OK\nContent-Length: 2\n\no2"]
--- error_code eval: [200, 200, 200]
--- response_headers eval
['X-Cache: MISS v4-query', 'X-Cache: STALE', 'X-Cache: HIT']
--- response_body eval: ['o1', 'o1', 'o2']
--- upstream_request_like eval
[(qr{^GET /a\?\S*&X-Amz-Signature=[0-9a-f]{64} HTTP}) x 2]

=== TEST 18: the stale entry is sent if an update in the background is refused
--- http_config eval: $::Cache
--- config
location / {
    $TEST_NGINX_KEYS
    s3_region $http_x_region;
    proxy_cache_background_update on;
    proxy_cache_use_stale updating;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
[map { [{value => 'GET /a', delay_before => 0.05}] } 1 .. 4]
--- more_headers eval
['X-Region: us-east-1', '', 'X-Region: us-east-1', 'X-Region: us-east-1']
--- upstream_response eval
[$::Stale . 'o1', "HTTP/1.1 200 OK\nContent-Length: 2\n\no2"]
--- error_code eval: [200, 200, 200, 200]
--- response_headers eval
['X-Cache: MISS v4-query', 'X-Cache: STALE', 'X-Cache: STALE', 'X-Cache: HIT']
--- response_body eval: ['o1', 'o1', 'o1', 'o2']
--- upstream_count: 2

=== TEST 19: a stale entry is sent on an error
--- http_config eval: $::KeysV4
--- config
location / {
    proxy_cache_use_stale error;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval: ['GET /a', 'GET /a']
--- upstream_response eval: [$::Stale . 'ok', 'reset']
--- error_code eval: [200, 200]
--- response_headers eval: ['X-Cache: MISS v4-query', 'X-Cache: STALE v4-query']
--- response_body eval: ['ok', 'ok']
--- upstream_request_like eval
[(qr{^GET /a\?\S*&X-Amz-Signature=[0-9a-f]{64} HTTP}) x 2]

=== TEST 20: of two requests at a time one is sent
--- http_config eval: $::KeysV4
--- config
location = /page {
    ssi on;
    ssi_types *;
    return 200 '<!--#include virtual="/a"--><!--#include virtual="/a"-->';
}
location / {
    proxy_cache_lock on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /page
--- upstream_response eval
{delay => 0.2, response => "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"}
--- response_body chop
okok
--- upstream_request_like: \AGET /a\?\S*&X-Amz-Signature=[0-9a-f]{64} HTTP

=== TEST 21: one that has waited too long for the other is signed, too
--- http_config eval: $::KeysV4
--- config
location = /page {
    ssi on;
    ssi_types *;
    return 200 '<!--#include virtual="/a"--><!--#include virtual="/a"-->';
}
location / {
    proxy_cache_lock on;
    proxy_cache_lock_timeout 100ms;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /page
--- upstream_response eval
{delay => 0.8, response => "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"}
--- response_body chop
okok
--- upstream_request_like eval
[(qr{\AGET /a\?\S*&X-Amz-Signature=[0-9a-f]{64} HTTP}) x 2]
