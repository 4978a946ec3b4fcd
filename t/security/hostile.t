# Requests of hostile clients: none is sent unsigned from a signed location, none
# has a signature for other bytes than nginx sends, none ends a worker.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

# Signs for the S3 server, which verifies every signature.
our $Stored = <<'END';
location / {
    $TEST_NGINX_KEYS
    s3_region us-east-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
    S3_MORE
}
END

# Signs for the recording upstream.
our $Keys = <<'END';
$TEST_NGINX_KEYS
s3_region eu-west-1;
s3_use_headers on;
s3_methods any;
END
# The HTTP version and the Connection header of the request do not depend on the
# version of nginx: heads are compared.
our $Http11 = 'proxy_http_version 1.1; proxy_set_header Connection "";';

our $Recorded = <<"END";
$Keys
location / {
    $Http11
    proxy_set_header Host films.example;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
END

sub stored {
    my ($more) = @_;
    return $Stored =~ s/S3_MORE/$more/r;
}

# A location for each kind of signature, for the S3 server; it is named after the kind.
our @Kinds  = qw(v4-headers v4-query v2-headers v2-query);
our $Stored4 = join '', map {
    my $region  = /v4/      ? 's3_region us-east-1;' : '';
    my $headers = /headers/ ? 'on'                   : 'off';
    <<"END";
location /$_/ {
    \$TEST_NGINX_KEYS
    s3_methods any;
    $region
    s3_use_headers $headers;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_S3_PORT/films/$_-;
}
END
} @Kinds;

# What a signature in headers ends a head with.
our $Signed = qr{
    x-amz-content-sha256:\ \S+\n
    x-amz-date:\ \d{8}T\d{6}Z\n
    Authorization:\ AWS4-HMAC-SHA256\ Credential=AKIDTEST00000000001/\S+,\ SignedHeaders=\S+,\ Signature=[0-9a-f]{64}\n?
}x;

no_root_location();
run_tests();

__DATA__

=== TEST 1: headers that authenticate a client, in every case and twice
--- config eval
main::stored('s3_use_headers on;')
--- raw_request eval
"GET /films/hello.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
. join('', map {; "$_: AKID\r\n", lc() . ": AKID\r\n", uc() . ": AKID\r\n" }
    qw(X-Amz-Date X-Amz-Content-Sha256 X-Amz-Security-Token))
. "Authorization: AWS AKID:x\r\nx-AMZ-meta-a: 1\r\nX-Amz-Meta-A: 2\r\n\r\n"
--- response_body
hello from films
--- s3_log_like: GET /films/hello.txt 200 v4-headers

=== TEST 2: two Authorization headers
--- config eval
main::stored('s3_use_headers on;')
--- raw_request eval
"GET /films/hello.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: AWS a:b\r\nauthorization: AWS c:d\r\n\r\n"
--- error_code_like: ^(?:200|400)$
--- s3_log_unlike: \s403\s

=== TEST 3: arguments that authenticate a client, in every case, twice, with encoded names
--- config eval
main::stored('')
--- raw_request eval
"GET /films/hello.txt?"
. join('&', map {; "$_=1", lc() . '=1', uc() . '=1', "$_=2", s/-/%2d/gr . '=3',
        sprintf('%%%02x%s=4', ord, substr $_, 1) }
    qw(X-Amz-Algorithm X-Amz-Credential X-Amz-Date X-Amz-Expires X-Amz-SignedHeaders
       X-Amz-Signature X-Amz-Security-Token))
. "&AWSAccessKeyId=1&Signature=2&Expires=3&%53ignature=4&%45xpires=5&AWSAccess%4beyId=6&X-Amz-Signature"
. " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- response_body
hello from films
--- s3_log_like: GET /films/hello.txt\S* 200 v4-query

=== TEST 4: arguments that authenticate a client, with a signature in headers: none is sent
--- config eval
$main::Recorded
--- raw_request eval
"GET /a?%58-Amz-Signature=1&x-amz-%73ignature=2&X%2DAmz%2dDate=3&Expires=4&b=5 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /a\?b=5 HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 5: a name that is encoded twice is another name
--- config eval
$main::Recorded
--- raw_request eval
"GET /a?%2558-Amz-Signature=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /a\?%2558-Amz-Signature=1 HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 6: a folded header line
--- config eval
$main::Recorded
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nx-amz-meta-a: 1\r\n Authorization: AWS a:b\r\n\r\n"
--- error_code: 400
--- upstream_count: 0

=== TEST 7: white space before the colon
--- config eval
$main::Recorded
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization : AWS a:b\r\n\r\n"
--- error_code: 400
--- upstream_count: 0

=== TEST 8: line breaks and NUL in a path, encoded
--- config eval
$main::Recorded
--- raw_request eval
"GET /a%0d%0aAuthorization:%20x%0Ab HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /a%0D%0AAuthorization%3A%20x%0Ab HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 9: NUL in a path is refused by nginx
--- config eval
$main::Recorded
--- raw_request eval
"GET /a%00b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- error_code: 400
--- upstream_count: 0

=== TEST 10: line breaks and NUL in a query, encoded
--- config eval
$main::Recorded
--- raw_request eval
"GET /a?x=%0d%0aX-Amz-Acl:+public&%00=%00 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /a\?%00=%00&x=%0D%0AX-Amz-Acl%3A%20public HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 11: bytes from 0x80 to 0xFF, raw, in path, query and header
--- config eval
$main::Recorded
--- raw_request eval
my $high = join '', map { chr } 0x80 .. 0xff;
"GET /$high?$high=$high HTTP/1.1\r\nHost: h\r\nConnection: close\r\nx-amz-meta-a: $high\r\n\r\n"
--- upstream_request_like eval
my $high = join '', map { sprintf '%%%02X', $_ } 0x80 .. 0xff;
my $raw = join '', map { chr } 0x80 .. 0xff;
qr{\AGET /$high\?$high=$high HTTP/1\.1\nHost: films\.example\nx-amz-meta-a: \Q$raw\E\n$main::Signed\z}

=== TEST 12: control characters in a header's value are sent unchanged
--- config eval
$main::Recorded
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nx-amz-meta-a: 1\x01\x0b\x7f2\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /a HTTP/1\.1\nHost: films\.example\nx-amz-meta-a: 1\x01\x0b\x7f2\n$main::Signed\z}

=== TEST 13: a bare CR in a header's value
--- config eval
$main::Recorded
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nx-amz-meta-a: 1\rAuthorization: x\r\n\r\n"
--- error_code_like: ^(?:400|500)$
--- upstream_count: 0

=== TEST 14: a target of nearly a megabyte
--- http_config
large_client_header_buffers 4 1m;
--- config eval
$main::Recorded
--- raw_request eval
'GET /' . '%41+' x 250_000 . " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /(?:A%2B)+ HTTP/1\.1\nHost: films\.example\n$main::Signed\z}
--- timeout: 10

=== TEST 15: a query of nearly a megabyte, all of it arguments
--- http_config
large_client_header_buffers 4 1m;
--- config eval
$main::Recorded
--- raw_request eval
'GET /a?' . '%5a&' x 250_000 . " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /a\?Z=(?:&Z=)+ HTTP/1\.1\nHost: films\.example\n$main::Signed\z}
--- timeout: 10

=== TEST 16: headers of nearly four megabytes, all of them signed
--- http_config
large_client_header_buffers 4 1m;
--- config eval
$main::Recorded
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
. join('', map { "x-amz-meta-$_: " . '1  ' x 300_000 . "\r\n" } 1 .. 4) . "\r\n"
--- upstream_request_like eval
qr{\AGET /a HTTP/1\.1\nHost: films\.example\nx-amz-meta-1: .*SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-1;x-amz-meta-2;x-amz-meta-3;x-amz-meta-4,}s
--- timeout: 10

=== TEST 17: nine hundred headers of one name
--- http_config
large_client_header_buffers 4 1m;
--- config eval
$main::Recorded
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" . "x-amz-meta-a: 1\r\n" x 900 . "\r\n"
--- upstream_request_like eval
qr{\AGET /a HTTP/1\.1\nHost: films\.example\n(?:x-amz-meta-a: 1\n){900}$main::Signed\z}
--- timeout: 10

=== TEST 18: a target in absolute form, with another host
--- config eval
$main::Recorded
--- raw_request eval
"GET http://evil.example:81/a%20b?c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /a%20b\?c= HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 19: a target in absolute form without a path
--- config eval
$main::Recorded
--- raw_request eval
"GET http://evil.example?c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /\?c= HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 20: OPTIONS *
--- config eval
$main::Recorded
--- raw_request eval
"OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- error_code: 400
--- upstream_count: 0

=== TEST 21: the client's Host, sent on: none
--- config eval
"$main::Keys location / { proxy_http_version 1.0; proxy_set_header Host \$http_host; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- raw_request eval
"GET /a HTTP/1.0\r\n\r\n"
--- error_code: 500
--- error_log: request not signed and not sent: the request has no "Host" header
--- upstream_count: 0

=== TEST 22: the client's Host, sent on: two of them
--- config eval
"$main::Keys location / { proxy_set_header Host \$http_host; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"
--- error_code: 400
--- upstream_count: 0

=== TEST 23: the client's Host, sent on: upper case, with a port
--- config eval
"$main::Keys location / { $main::Http11 proxy_set_header Host \$http_host; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: FILMS.S3.amazonaws.com:443\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /a HTTP/1\.1\nHost: FILMS\.S3\.amazonaws\.com:443\n$main::Signed\z}

=== TEST 24: the client's Host, sent on: an IPv6 literal
--- config eval
"$main::Keys location / { $main::Http11 proxy_set_header Host \$http_host; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /a HTTP/1\.1\nHost: \[::1\]:80\n$main::Signed\z}

=== TEST 25: $host and an absolute form that differs from the Host header
--- config eval
"$main::Keys location / { $main::Http11 proxy_set_header Host \$host; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- raw_request eval
"GET http://Other.Example/a HTTP/1.1\r\nHost: films.example\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /a HTTP/1\.1\nHost: other\.example\n$main::Signed\z}

=== TEST 26: Transfer-Encoding with Content-Length
--- config eval
$main::Recorded
--- raw_request eval
"PUT /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n"
--- error_code: 400
--- upstream_count: 0

=== TEST 27: two lengths of a body
--- config eval
$main::Recorded
--- raw_request eval
"PUT /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\ncontent-length: 4\r\n\r\nabcd"
--- error_code: 400
--- upstream_count: 0

=== TEST 28: two transfer encodings
--- config eval
$main::Recorded
--- raw_request eval
"PUT /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n"
--- error_code_like: ^(?:400|501)$
--- upstream_count: 0

=== TEST 29: a prefix of the bucket, proxy_pass with URI: dots leave the location
--- config eval
"$main::Keys location /public/ { proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/public/; }"
--- raw_request eval
"GET /public/..%2fprivate/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- error_code: 404
--- error_log: No such file or directory
--- upstream_count: 0

=== TEST 30: a prefix of the bucket, proxy_pass with URI: what is sent has no dots
--- config eval
"$main::Keys location /public/ { proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/public/; }"
--- raw_request eval
"GET /private/a/..%2f%2e%2e/%2E./public/b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- error_code: 400
--- upstream_count: 0

=== TEST 31: a prefix of the bucket, proxy_pass with URI: dots do not leave the root
--- config eval
"$main::Keys location /public/ { $main::Http11 proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/public/; }"
--- raw_request eval
"GET /private/a/..%2f%2e%2e/public/b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /public/b HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 32: a prefix of the bucket, proxy_pass with URI: dots encoded twice are a name
--- config eval
"$main::Keys location /public/ { $main::Http11 proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/public/; }"
--- raw_request eval
"GET /public/..%252fprivate/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /public/\.\.%252fprivate/a HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 33: a prefix of the bucket, proxy_pass with URI: a question mark stays in the path
--- config eval
"$main::Keys location /public/ { $main::Http11 proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/public/; }"
--- raw_request eval
"GET /public/a%3facl HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /public/a%3Facl HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 34: a prefix of the bucket, proxy_pass without URI: dots leave the location
--- config eval
"$main::Keys location /public/ { proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- raw_request eval
"GET /public/..%2fprivate/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- error_code: 404
--- error_log: No such file or directory
--- upstream_count: 0

=== TEST 35: a prefix of the bucket, proxy_pass without URI: nginx sends the path as the client wrote it
The key "private/../public/b" begins with another prefix. S3 does not normalize it: it is not the key
"public/b".
--- config eval
"$main::Keys location /public/ { $main::Http11 proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- raw_request eval
"GET /private/..%2fpublic/b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /private/\.\./public/b HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 36: a prefix of the bucket by $request_uri: the path as the client wrote it
--- config eval
"$main::Keys location /public/ { $main::Http11 proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT\$request_uri; }"
--- raw_request eval
"GET /private/..%2fpublic/b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /private/\.\./public/b HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 37: a prefix of the bucket by a capture: dots leave the location
--- config eval
"$main::Keys location ~ ^/public/(.*)\$ { proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/public/\$1; }"
--- raw_request eval
"GET /public/..%2fprivate/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- error_code: 404
--- error_log: No such file or directory
--- upstream_count: 0

=== TEST 38: a prefix of the bucket by a capture: it is decoded, so dots encoded twice are dots
--- config eval
"$main::Keys location ~ ^/public/(.*)\$ { $main::Http11 proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/public/\$1; }"
--- raw_request eval
"GET /public/..%252fprivate/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /public/\.\./private/a HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 39: a prefix of the bucket by a capture: a question mark begins a query
--- config eval
"$main::Keys location ~ ^/public/(.*)\$ { $main::Http11 proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/public/\$1; }"
--- raw_request eval
"GET /public/a%3facl HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /public/a\?acl= HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 40: a bucket in the path, proxy_pass without URI: dots do not select another bucket
--- config eval
"$main::Keys location /films/ { $main::Http11 proxy_set_header Host s3.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- raw_request eval
"GET /other/..%2ffilms/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /other/\.\./films/a HTTP/1\.1\nHost: s3\.example\n$main::Signed\z}

=== TEST 41: line breaks in a capture
--- config eval
"$main::Keys location ~ ^/public/([^/]*)\$ { proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/public/\$1; }"
--- raw_request eval
"GET /public/a%0d%0aAuthorization:x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- error_code: 500
--- error_log: request not signed and not sent
--- upstream_count: 0

=== TEST 42: a whole second request in a capture
--- config eval
"$main::Keys location ~ ^/public/(.[^a]*)\$ { proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/\$1; }"
--- raw_request eval
"GET /public/b%20HTTP%2f1.1%0d%0aHost:h%0d%0a%0d%0aDELETE%20%2fb HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- error_code: 500
--- error_log: request not signed and not sent: bytes that are not its body follow the request head
--- upstream_count: 0

=== TEST 43: a NUL in a header's value
--- config eval
$main::Recorded
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nx-amz-meta-a: 1\0Authorization: x\r\n\r\n"
--- error_code: 400
--- upstream_count: 0

=== TEST 44: a header line folded by a tab
--- config eval
$main::Recorded
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nx-amz-meta-a: 1\r\n\tAuthorization: AWS a:b\r\n\r\n"
--- error_code: 400
--- upstream_count: 0

=== TEST 45: the client's Host, sent on: an empty one
--- config eval
"$main::Keys location / { proxy_set_header Host \$http_host; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- raw_request eval
"GET /a HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n"
--- error_code_like: ^(?:400|500)$
--- upstream_count: 0

=== TEST 46: names that could end another in the list of signed headers
--- http_config
ignore_invalid_headers off;
--- config eval
$main::Recorded
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Amz-A;host: v\r\n\r\n"
--- error_code: 500
--- error_log: request not signed and not sent: the request has a malformed header line
--- upstream_count: 0

=== TEST 47: names that could end another in the list of signed headers, for Authorization
--- http_config
ignore_invalid_headers off;
--- config eval
$main::Recorded
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Amz-A,Signature=0: v\r\n\r\n"
--- error_code: 500
--- error_log: request not signed and not sent: the request has a malformed header line
--- upstream_count: 0

=== TEST 48: Signature V2: a line break in an argument that S3 reads as a header
The argument is removed. In the string to sign, what follows the line break would read as the resource.
--- config eval
"\$TEST_NGINX_KEYS location /public/ { $main::Http11 proxy_set_header Host h; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/films/public/; }"
--- raw_request eval
"GET /public/a?x-amz-meta-a=1%0A/films/private%3Flogging=Z HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /films/public/a\?AWSAccessKeyId=AKIDTEST00000000001&Expires=\d+&Signature=[\w%]+ HTTP/1\.1\nHost: h\z}

=== TEST 49: Signature V2: a line break in a sub-resource
--- config eval
"\$TEST_NGINX_KEYS location /public/ { proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/films/public/; }"
--- raw_request eval
"GET /public/a?versionId=1%0A/films/private HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- error_code: 500
--- error_log: request not signed and not sent: an argument has a control character, which Signature V2 cannot cover
--- upstream_count: 0

=== TEST 50: Signature V2 in headers: a line break in a sub-resource
--- config eval
"\$TEST_NGINX_KEYS s3_use_headers on; location /public/ { proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/films/public/; }"
--- raw_request eval
"GET /public/a?versionId=1%0D HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- error_code: 500
--- error_log: request not signed and not sent: an argument has a control character, which Signature V2 cannot cover
--- upstream_count: 0

=== TEST 51: Signature V2: a line break in an argument that is not signed
--- config eval
"\$TEST_NGINX_KEYS location /public/ { proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/films/public/; }"
--- raw_request eval
"GET /public/a?prefix=1%0A HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like: ^GET /films/public/a\?prefix=1%0A&AWSAccessKeyId=AKIDTEST00000000001&

=== TEST 52: a prefix of the bucket, with a slash at the end of proxy_pass only: dots leave it
--- config eval
"$main::Keys location /public { $main::Http11 proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/public/; }"
--- raw_request eval
"GET /public../private/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_like eval
qr{\AGET /public/\.\./private/a HTTP/1\.1\nHost: films\.example\n$main::Signed\z}

=== TEST 53: uploads: a client's copy source is signed
--- config eval
"$main::Keys location /public/ { proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/public/; }"
--- raw_request eval
"PUT /public/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\nx-amz-copy-source: /films/private/a\r\n\r\n"
--- upstream_request_like: ^x-amz-copy-source: /films/private/a$

=== TEST 54: uploads: a copy source that proxy_set_header removes is not sent
--- config eval
"$main::Keys location /public/ { $main::Http11 proxy_set_header Host films.example; proxy_set_header X-Amz-Copy-Source ''; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/public/; }"
--- raw_request eval
"PUT /public/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\nx-amz-copy-source: /films/private/a\r\n\r\n"
--- upstream_request_like eval
qr{\APUT /public/a HTTP/1\.1\nHost: films\.example\nContent-Length: 0\n$main::Signed\z}

=== TEST 55: the client's Host, sent on in HTTP/1.1: none, before nginx 1.31.4
--- config eval
"$main::Keys location / { $main::Http11 proxy_set_header Host \$http_host; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- raw_request eval
"GET /a HTTP/1.0\r\n\r\n"
--- skip_nginx: 3: >= 1.31.4
--- error_code: 500
--- error_log: request not signed and not sent: the request has no "Host" header
--- upstream_count: 0

=== TEST 56: the client's Host, sent on in HTTP/1.1: none: from nginx 1.31.4 on the host of proxy_pass is signed
--- config eval
"$main::Keys location / { $main::Http11 proxy_set_header Host \$http_host; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- raw_request eval
"GET /a HTTP/1.0\r\n\r\n"
--- skip_nginx: 2: < 1.31.4
--- upstream_request_like eval
qr{\AGET /a HTTP/1\.1\nHost: 127\.0\.0\.1:$ENV{TEST_NGINX_UPSTREAM_PORT}\n$main::Signed\z}

=== TEST 57: arguments that S3 reads as headers where the signature is in the query
proxy_set_header decides on these headers. All four kinds remove the arguments.
--- config eval
join '', map {
    my ($name, $settings) = @$_;
    "location /$name/ {
        s3_access_key AKIDTEST00000000001;
        s3_secret_key SecretCanary/With+Signs0000000000000001;
        s3_methods any;
        $settings
        $main::Http11
        proxy_set_header X-Amz-Acl '';
        proxy_set_header Host films.example;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/;
    }\n"
} ['v4q', 's3_region eu-west-1;'], ['v4h', 's3_region eu-west-1; s3_use_headers on;'],
  ['v2q', ''], ['v2h', 's3_use_headers on;']
--- request eval
[map { "PUT /$_/new?x-amz-acl=public-read&%78-amz-acl=b&X-Amz-Copy-Source=/films/c"
    . "&x-amz-grant-read=d&x-amz-request-payer=e&X-Amz-Content-Sha256=f&x-id=PutObject\ntext" }
    qw(v4q v4h v2q v2h)]
--- upstream_request_like eval
[qr{\APUT /new\?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=[^&]+&X-Amz-Date=\w+&X-Amz-Expires=900&X-Amz-SignedHeaders=host&x-id=PutObject&X-Amz-Signature=[0-9a-f]{64} HTTP/1\.1\n},
 qr{\APUT /new\?x-id=PutObject HTTP/1\.1\n(?!.*x-amz-acl)}is,
 qr{\APUT /new\?x-id=PutObject&AWSAccessKeyId=AKIDTEST00000000001&Expires=\d+&Signature=[\w%]+ HTTP/1\.1\n},
 qr{\APUT /new\?x-id=PutObject HTTP/1\.1\n(?!.*x-amz-acl)}is]

=== TEST 58: header names that other servers read as names of x-amz-* headers
--- http_config
underscores_in_headers on;
--- config eval
"$main::Keys location / { $main::Http11 proxy_set_header Host films.example; proxy_set_header X-Amz-Acl ''; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- request eval
[("PUT /new") x 3]
--- more_headers eval
["X_Amz_Acl: public-read", "x-amz-copy_source: /films/c", "X_AMZ-META-A: b"]
--- error_code eval: [500, 500, 500]
--- error_log: request not signed and not sent: the name of a header has "_" where names of "x-amz-*" headers have "-"
--- upstream_count: 0

=== TEST 59: header names with an underscore that all servers read alike
--- http_config
underscores_in_headers on;
--- config eval
"$main::Keys location / { $main::Http11 proxy_set_header Host films.example; proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- request
PUT /new
--- more_headers
x-amz-meta-a_b: c
x_amzn_trace: d
--- upstream_request_like eval
[qr/^x-amz-meta-a_b: c\nx_amzn_trace: d\n.*SignedHeaders=[^,]*;x-amz-meta-a_b,/ms]

=== TEST 60: an argument x-amz-acl has no effect, in any kind of signature
The S3 server ends the line of a request with the ACL that is in effect.
--- config eval: $main::Stored4
--- request eval
[map { "PUT /$_/acl?%58-amz-AC%6c=public-read\ntext" } @main::Kinds]
--- error_code eval: [(200) x 4]
--- s3_log_like eval
[map { qr{ PUT /films/$_-acl\S* 200 $_$} } @main::Kinds]
--- s3_log_unlike: (?i)acl=

=== TEST 61: a header X-Amz-Acl has one, in every kind
--- config eval: $main::Stored4
--- request eval: [map { "PUT /$_/acl\ntext" } @main::Kinds]
--- more_headers eval: [('X-Amz-Acl: public-read') x 4]
--- error_code eval: [(200) x 4]
--- s3_log_like eval
[map { qr{ PUT /films/$_-acl\S* 200 $_ x-amz-acl=public-read$} } @main::Kinds]

=== TEST 62: an argument x-amz-copy-source copies nothing, in any kind
--- config eval: $main::Stored4
--- request eval
[map {
    ("PUT /$_/copied?x-amz-copy-source=/films/hello.txt&X-Amz-Metadata-Directive=REPLACE\ntext",
     "GET /$_/copied")
} @main::Kinds]
--- error_code eval: [(200) x 8]
--- response_body eval: [('', 'text') x 4]
--- s3_log_like eval
[map { qr{ PUT /films/$_-copied\S* 200 $_$} } @main::Kinds]
--- s3_log_unlike: (?i)copy-source

=== TEST 63: a header X-Amz-Copy-Source copies, in every kind
--- config eval: $main::Stored4
--- request eval: [map { ("PUT /$_/copied", "GET /$_/copied") } @main::Kinds]
--- more_headers eval: [("Content-Length: 0\nX-Amz-Copy-Source: /films/hello.txt", '') x 4]
--- error_code eval: [(200) x 8]
--- response_body_like eval: [('<CopyObjectResult', '^hello from films$') x 4]
--- s3_log_like eval
[map { qr{ PUT /films/$_-copied\S* 200 $_ x-amz-copy-source=/films/hello\.txt$} } @main::Kinds]
