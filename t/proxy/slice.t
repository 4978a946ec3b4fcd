# Slices: every one is a request of its own, with a signature of its own.

use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use NginxTest 'no_plan';

our $Keys = <<'END';
s3_access_key ASIATEMPORARY0000001;
s3_secret_key TemporarySecretKey/With+Signs00000000001;
s3_security_token TemporarySessionToken/With+Signs==;
END

# 204800 bytes, four slices of 64k.
our $Big = do {
    open my $in, '<:raw', 't/fixtures/objects.json' or die "$!";
    local $/;
    JSON::PP::decode_json(scalar <$in>)->{films}{'big.txt'};
};

# An object of 32 bytes in slices of 16: each slice is the date of the signature
# of its request. The first is sent after more than a second.
our $Dates = sub {
    my ($request) = @_;

    my ($from) = $request =~ /^Range: bytes=(\d+)-/m;
    my ($date) = $request =~ /x-amz-date[:=] ?(\d{8}T\d{6}Z)/i;
    my $to = $from + 15;
    return {delay => $from == 0 ? 1.1 : 0, response => <<"END" . $date};
HTTP/1.1 206 Partial Content
ETag: "1"
Content-Range: bytes $from-$to/32
Content-Length: 16

END
};

# An object of 48 bytes, each slice of 16 a letter.
our $Letters = sub {
    my ($request) = @_;

    my ($from) = $request =~ /^Range: bytes=(\d+)-/m;
    my $to = $from + 15;
    return <<"END" . chr(97 + $from / 16) x 16;
HTTP/1.1 206 Partial Content
ETag: "1"
Content-Range: bytes $from-$to/48
Content-Length: 16

END
};

no_root_location();
run_tests();

__DATA__

=== TEST 1: an object in slices, %kind%
--- cases
kind       | target               | directives
v4-headers | /films/big\.txt      | s3_region us-east-1; s3_use_headers on;
v4-query   | /films/big\.txt\?\S+ | s3_region us-east-1;
v2-headers | /films/big\.txt      | s3_use_headers on;
v2-query   | /films/big\.txt\?\S+ |
--- http_config eval: $::Keys
--- config
%directives%
location /films/ {
    slice 64k;
    proxy_set_header Range $slice_range;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request
GET /films/big.txt
--- response_headers eval: 'Content-Length: ' . length $::Big
--- response_body eval: $::Big
--- s3_log_unlike: ^(?!.*GET %target% 206 %kind%$)

=== TEST 2: a range of the client over two slices
--- http_config eval: $::Keys
--- config
s3_region us-east-1;
location /films/ {
    slice 64k;
    proxy_set_header Range $slice_range;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request
GET /films/big.txt
--- more_headers
Range: bytes=131000-131199
--- error_code: 206
--- response_headers
Content-Range: bytes 131000-131199/204800
--- response_body eval: substr $::Big, 131000, 200
--- s3_log_unlike: ^(?!.* 206 v4-query$)

=== TEST 3: HEAD of a sliced object
--- http_config eval: $::Keys
--- config
s3_region us-east-1;
location /films/ {
    slice 64k;
    proxy_set_header Range $slice_range;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request
HEAD /films/big.txt
--- response_headers
Content-Length: 204800
--- s3_log_like: HEAD /films/big\.txt\S+ 206 v4-query$

=== TEST 4: each slice is requested once, with the same path
--- http_config: $TEST_NGINX_KEYS
--- config
s3_region us-east-1;
s3_use_headers on;
location /s3/ {
    slice 16;
    proxy_set_header Host h;
    proxy_set_header Range $slice_range;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/b/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
--- request
GET /s3/a+b%20c?x=y
--- upstream_response eval: $::Letters
--- response_body eval: join '', map { $_ x 16 } 'a' .. 'c'
--- upstream_request_like eval
[map {
    my $range = $_;
    qr{\AGET /b/a%2Bb%20c\?x=y HTTP/1\.1
Host: h
Range: bytes=$range
x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
x-amz-date: \d{8}T\d{6}Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/\d{8}/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}\n*\z}
} '0-15', '16-31', '32-47']

=== TEST 5: each slice has a signature of its own time, in headers
--- http_config: $TEST_NGINX_KEYS
--- config
s3_region us-east-1;
s3_use_headers on;
location / {
    slice 16;
    proxy_set_header Range $slice_range;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /a
--- upstream_response eval: $::Dates
--- response_body_like: ^(\d{8}T\d{6}Z)(?!\1)\d{8}T\d{6}Z$
--- upstream_count: 2

=== TEST 6: each slice has a signature of its own time, in the query
--- http_config: $TEST_NGINX_KEYS
--- config
s3_region us-east-1;
location / {
    slice 16;
    proxy_set_header Range $slice_range;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /a
--- upstream_response eval: $::Dates
--- response_body_like: ^(\d{8}T\d{6}Z)(?!\1)\d{8}T\d{6}Z$
--- upstream_count: 2

=== TEST 7: slices from the cache are not requested again
--- http_config
$TEST_NGINX_KEYS
proxy_cache_path $TEST_NGINX_SERVROOT/cache keys_zone=z:1m use_temp_path=off;
--- config
s3_region us-east-1;
location / {
    slice 16;
    proxy_cache z;
    proxy_cache_key $uri$slice_range;
    proxy_cache_valid 206 1m;
    proxy_set_header Range $slice_range;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval: ['GET /a', 'GET /a', 'GET /a']
--- more_headers eval: ['Range: bytes=0-20', '', '']
--- upstream_response eval: $::Letters
--- error_code eval: [206, 200, 200]
--- response_body eval
['a' x 16 . 'b' x 5, map { 'a' x 16 . 'b' x 16 . 'c' x 16 } 1, 2]
--- upstream_request_like eval
[map { qr{^GET /a\?.*&X-Amz-Signature=[0-9a-f]{64} .*^Range: bytes=$_$}ms }
    '0-15', '16-31', '32-47']

=== TEST 8: slices of the S3 server through the cache
--- http_config eval
$::Keys . <<'END';
proxy_cache_path $TEST_NGINX_SERVROOT/cache keys_zone=z:1m use_temp_path=off;
END
--- config
s3_region us-east-1;
location / {
    slice 64k;
    proxy_cache z;
    proxy_cache_key $uri$slice_range;
    proxy_cache_valid 206 1m;
    add_header X-Cache "$upstream_cache_status $s3_signature";
    proxy_set_header Range $slice_range;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request eval: ['GET /films/big.txt', 'GET /films/big.txt']
--- error_code eval: [200, 200]
--- response_headers eval: ['X-Cache: MISS v4-query', 'X-Cache: HIT']
--- response_body eval: [$::Big, $::Big]
--- s3_log_unlike: ^(?!.* 206 v4-query$)

=== TEST 9: slices with the HTTP version and the Connection header of nginx's own
From 1.29.7 on they share a connection.
--- http_config
upstream bucket { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
$TEST_NGINX_KEYS
--- config
s3_region us-east-1;
location / {
    slice 16;
    proxy_set_header Host h;
    proxy_set_header Range $slice_range;
    proxy_pass http://bucket;
}
--- request
GET /a
--- upstream_response eval: $::Letters
--- response_body eval: join '', map { $_ x 16 } 'a' .. 'c'
--- upstream_request_like eval
my ($version, $connection) = NginxTest::Nginx::keepalive_by_default()
    ? ('1.1', '') : ('1.0', "\nConnection: close");
[map { qr{\AGET /a\?\S+&X-Amz-Signature=[0-9a-f]{64} HTTP/\Q$version\E
Host: h
Range: bytes=$_$connection\z}
} '0-15', '16-31', '32-47']
--- upstream_connections eval
NginxTest::Nginx::keepalive_by_default() ? 1 : 3
