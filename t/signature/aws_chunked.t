# Uploads in the content coding "aws-chunked": what is signed, and what is answered
# with 501 before the body is received.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Keys = <<'END';
$TEST_NGINX_KEYS
s3_methods any;
END

our $Proxy = <<'END';
proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_set_header Host films.s3.eu-west-1.amazonaws.com;
END

# A location for each kind, buffered and not.
our $Locations = join '', map {
    my ($name, $settings) = @$_;
    map { "location /$name$_ { $Keys $settings $Proxy" . ($_ && 'proxy_request_buffering off;')
        . "}\n" } '', '-unbuffered';
} (
    ['v4-headers', 's3_region eu-west-1; s3_use_headers on;'],
    ['v4-query',   's3_region eu-west-1; s3_use_headers off;'],
    ['v2-headers', 's3_use_headers on;'],
    ['v2-query',   's3_use_headers off;'],
);

our $Body = "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n";

our $Trailer = <<'END';
Content-Encoding: aws-chunked
X-Amz-Trailer: x-amz-checksum-crc32
X-Amz-Decoded-Content-Length: 3
END

our $UnsignedTrailer = "X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\n";

# A PUT of the body, with these headers, by length or in the chunks of HTTP.
sub upload {
    my ($uri, $headers, $chunked) = @_;

    my $length = length $Body;
    my $body   = $chunked ? sprintf("%x\r\n%s\r\n0\r\n\r\n", $length, $Body) : $Body;
    my $head   = "PUT $uri HTTP/1.1\nHost: h\nConnection: close\n$headers"
        . ($chunked ? "Transfer-Encoding: chunked\n" : "Content-Length: $length\n");
    return $head =~ s/\n/\r\n/gr . "\r\n$body";
}

# For a head that waits for 100.
sub expecting {
    my ($uri, $headers) = @_;

    return upload($uri, "Expect: 100-continue\n$headers") =~ s/\r\n\r\n\K.*//sr;
}

no_root_location();
run_tests();

__DATA__

=== TEST 1: an unsigned trailer, in headers
--- config eval: $::Locations
--- raw_request eval: ::upload('/v4-headers', $::UnsignedTrailer . $::Trailer)
--- upstream_request_like eval
[qr{\APUT /v4-headers HTTP/1\.1
Host: films\.s3\.eu-west-1\.amazonaws\.com
Content-Length: 44
Content-Encoding: aws-chunked
X-Amz-Trailer: x-amz-checksum-crc32
X-Amz-Decoded-Content-Length: 3
x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER
x-amz-date: \S+
Authorization: AWS4-HMAC-SHA256 \S+, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-trailer, Signature=[0-9a-f]{64}

3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==}]

=== TEST 2: an unsigned trailer, in the query, with the header that S3 reads
--- config eval: $::Locations
--- raw_request eval: ::upload('/v4-query', $::UnsignedTrailer . $::Trailer)
--- upstream_request_like eval
[qr{\APUT /v4-query\?X-Amz-Algorithm=\S+&X-Amz-SignedHeaders=host%3Bx-amz-content-sha256%3Bx-amz-decoded-content-length%3Bx-amz-trailer&X-Amz-Signature=[0-9a-f]{64} HTTP/1\.1
Host: films\.s3\.eu-west-1\.amazonaws\.com
Content-Length: 44
Content-Encoding: aws-chunked
X-Amz-Trailer: x-amz-checksum-crc32
X-Amz-Decoded-Content-Length: 3
x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER

3\r\nabc}]

=== TEST 3: without a hash, as the SDK for C++ sends it without keys
--- config eval: $::Locations
--- raw_request eval: ::upload('/v4-headers', $::Trailer)
--- upstream_request_like
^x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER$

=== TEST 4: without a hash, in the query
--- config eval: $::Locations
--- raw_request eval: ::upload('/v4-query', $::Trailer)
--- upstream_request_like
^x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER$

=== TEST 5: other codings with it are sent
--- config eval: $::Locations
--- raw_request eval
::upload('/v4-headers', $::UnsignedTrailer . $::Trailer =~ s/aws-chunked/aws-chunked, gzip/r)
--- upstream_request_like eval
[qr/^Content-Encoding: aws-chunked, gzip\n.*^x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER$/ms]

=== TEST 6: in the chunks of HTTP, buffered: with a length
--- config eval: $::Locations
--- raw_request eval: ::upload('/v4-headers', $::UnsignedTrailer . $::Trailer, 1)
--- upstream_request_like eval
[qr/^Content-Length: 44\n.*^x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\n.*\n\n3\r\nabc\r\n0\r\nx-amz-ch/ms]

=== TEST 7: unbuffered, with a length
--- config eval: $::Locations
--- raw_request eval: ::upload('/v4-headers-unbuffered', $::UnsignedTrailer . $::Trailer)
--- upstream_request_like eval
[qr/^Content-Length: 44\n.*^x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\n.*\n\n3\r\nabc\r\n0\r\nx-amz-ch/ms]

=== TEST 8: in the chunks of HTTP, unbuffered: in chunks
--- config eval: $::Locations
--- raw_request eval
[split /(?<=\r\n\r\n)(?=2c)/, ::upload('/v4-headers-unbuffered', $::UnsignedTrailer . $::Trailer, 1)]
--- raw_request_middle_delay: 0.2
--- upstream_request_like eval
[qr/^Transfer-Encoding: chunked\n.*^x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\n.*\n\n2c\r\n3\r\nabc\r\n0\r\nx-amz-ch/ms]

=== TEST 9: chunks with signatures of the client's key
--- config eval: $::Locations
--- raw_request eval
::upload('/v4-headers',
    "X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER\n$::Trailer")
--- error_code: 501
--- response_headers
Content-Type: application/xml
--- response_body_like
\A<\?xml version="1.0" encoding="UTF-8"\?>
<Error><Code>NotImplemented</Code><Message>[^<]*AWS_REQUEST_CHECKSUM_CALCULATION=when_required[^<]* HTTPS[^<]*</Message>.*</Error>
--- error_log eval
[qr/\[error\] .* request not signed and not sent: only its sender can sign a body in this form of "aws-chunked" encoding, set "AWS_REQUEST_CHECKSUM_CALCULATION=when_required" in the client, or use HTTPS if the client signs its chunks, client: 127/]
--- upstream_count: 0

=== TEST 10: chunks without a trailer or a hash
--- config eval: $::Locations
--- raw_request eval
::upload('/v4-headers', "Content-Encoding: aws-chunked\nX-Amz-Decoded-Content-Length: 3\n")
--- error_code: 501
--- upstream_count: 0

=== TEST 11: chunks with a hash of another form
--- config eval: $::Locations
--- raw_request eval
::upload('/v4-query', "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD\n$::Trailer")
--- error_code: 501
--- upstream_count: 0

=== TEST 12: Signature V2 has no form for chunks
--- config eval: $::Locations
--- raw_request eval: ::upload('/v2-headers', $::UnsignedTrailer . $::Trailer)
--- error_code: 501
--- upstream_count: 0

=== TEST 13: Signature V2 in the query, without a hash, unbuffered
--- config eval: $::Locations
--- raw_request eval: ::upload('/v2-query-unbuffered', $::Trailer)
--- error_code: 501
--- upstream_count: 0

=== TEST 14: Signature V2 without chunks is signed
--- config eval: $::Locations
--- raw_request eval: ::upload('/v2-headers', "Content-Encoding: gzip\n")
--- upstream_request_like
^Authorization: AWS AKIDTEST00000000001:\S{28}$

=== TEST 15: a client that waits for 100 gets 501 at once, on a connection that is then closed
--- config eval: "lingering_timeout 100ms; $::Locations"
--- raw_request eval
::expecting('/v2-headers', $::UnsignedTrailer . $::Trailer) =~ s/Connection: close\r\n//r
--- error_code: 501
--- response_headers
Connection: close
--- raw_response_headers_unlike: 100 Continue
--- upstream_count: 0

=== TEST 16: a client that waits for 100 and is signed gets it
--- config eval: $::Locations
--- raw_request eval
[::expecting('/v4-headers', $::UnsignedTrailer . $::Trailer), $::Body]
--- raw_request_middle_delay: 0.2
--- ignore_response
--- upstream_request_like
^x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER$

=== TEST 17: an error_page for 501 has precedence
--- config eval
"error_page 501 =400 \@other; location \@other { return 200 'not here'; } $::Locations"
--- raw_request eval: ::upload('/v2-headers', $::UnsignedTrailer . $::Trailer)
--- error_code: 400
--- response_body: not here
--- error_log: only its sender can sign a body in this form of "aws-chunked" encoding
--- upstream_count: 0

=== TEST 18: error_page for other codes has no effect
--- config eval
"error_page 500 502 =200 \@other; location \@other { return 200 'not here'; } $::Locations"
--- raw_request eval: ::upload('/v2-headers', $::UnsignedTrailer . $::Trailer)
--- error_code: 501
--- response_headers
Content-Type: application/xml
--- upstream_count: 0

=== TEST 19: s3_methods is checked before the coding
--- config eval
$::Locations =~ s/s3_methods any/s3_methods GET/gr
--- raw_request eval: ::upload('/v2-headers', $::UnsignedTrailer . $::Trailer)
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 20: access rules are checked before the coding
--- config eval: "deny all; $::Locations"
--- raw_request eval: ::upload('/v2-headers', $::UnsignedTrailer . $::Trailer)
--- error_code: 403
--- error_log: access forbidden by rule
--- no_error_log: only its sender
--- upstream_count: 0

=== TEST 21: a location that does not sign accepts all
--- config eval: "location /plain { s3_access_key off; $::Proxy }"
--- raw_request eval: ::upload('/plain', "Content-Encoding: aws-chunked\n")
--- upstream_request_like
^Content-Encoding: aws-chunked$

=== TEST 22: an upstream in variables has the keys: 500
--- http_config
upstream films {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
}
--- config
location / {
    set $bucket films;
    s3_methods any;
    proxy_pass http://$bucket;
}
--- raw_request eval: ::upload('/a', $::UnsignedTrailer . $::Trailer)
--- error_code: 500
--- error_log: request not signed and not sent: only its sender can sign a body in this form of "aws-chunked" encoding
--- upstream_count: 0

=== TEST 23: where the upstream has the region: Signature V4
--- http_config
upstream films {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_region eu-west-1;
}
--- config eval
"location / { $::Keys set \$bucket films; proxy_pass http://\$bucket; }"
--- raw_request eval: ::upload('/a', $::UnsignedTrailer . $::Trailer)
--- upstream_request_like
^x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER$

=== TEST 24: the connection is kept, and the body is discarded
--- config eval: $::Locations
--- raw_request eval
::upload('/v2-headers', $::UnsignedTrailer . $::Trailer) =~ s/Connection: close\r\n//r
. "GET /v2-headers HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- error_code: 501
--- response_body_like: </Error>
--- upstream_request_like
\AGET /v2-headers HTTP/1\.1$

=== TEST 25: the connection is closed after 405, too
--- config eval: "lingering_timeout 100ms; " . $::Locations =~ s/s3_methods any/s3_methods GET/gr
--- raw_request eval
::expecting('/v2-headers', '') =~ s/Connection: close\r\n//r
--- error_code: 405
--- response_headers
Allow: GET, HEAD
Connection: close
--- upstream_count: 0

=== TEST 26: without a body the hash is that of an empty body
--- config eval: $::Locations
--- request: GET /v4-headers
--- more_headers eval: $::UnsignedTrailer . $::Trailer
--- upstream_request_like
^x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855$

=== TEST 27: without a body, with the name of signed chunks, in the query
--- config eval: $::Locations
--- request: GET /v4-query
--- more_headers
X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD
Content-Encoding: aws-chunked
--- upstream_request_unlike: ^x-amz-content-sha256

=== TEST 28: without a body, Signature V2
--- config eval: $::Locations
--- raw_request eval
["PUT /v2-headers HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n"
    . "Content-Encoding: aws-chunked\r\n\r\n"]
--- upstream_request_like
^Authorization: AWS AKIDTEST00000000001:\S{28}$
