# nginx answers failures of the upstream as without the module: every block sends
# its request to a location that signs and to one that does not.
# retry.t tests retries, tls.t certificates that are not trusted.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Upstreams = '
upstream plain {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    keepalive 1;
}
upstream signed {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    keepalive 1;
    $TEST_NGINX_KEYS
    s3_region      us-east-1;
    s3_use_headers on;
}
';
our $Locations = '
proxy_http_version 1.1;
proxy_set_header   Connection "";
proxy_read_timeout 300ms;
location /plain/  { proxy_pass http://plain/; }
location /signed/ { proxy_pass http://signed/; }
';

our $Unsigned = qr{\AGET /a HTTP/1\.1\n(?!.*\nAuthorization:)}s;
our $Signed = qr{\AGET[ ]/a[ ]HTTP/1\.1\n.*
    \nAuthorization:[ ]AWS4-HMAC-SHA256[ ]Credential=AKIDTEST00000000001/
    \d{8}/us-east-1/s3/aws4_request,[ ]SignedHeaders=[^,\n]+,
    [ ]Signature=[0-9a-f]{64}(?:\n|\z)
}sx;

no_root_location();
run_tests();

__DATA__

=== TEST 1: connection refused
--- http_config eval: $::Upstreams =~ s/UPSTREAM_PORT/REFUSED_PORT/gr
--- config eval: $::Locations
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- error_code eval: [502, 502]
--- error_log eval: ["Connection refused", "Connection refused"]
--- upstream_count: 0

=== TEST 2: a reset before an answer
--- http_config eval: $::Upstreams
--- config eval: $::Locations
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- upstream_response: reset
--- error_code eval: [502, 502]
--- upstream_request_like eval: [$::Unsigned, $::Signed]

=== TEST 3: an end before an answer
--- http_config eval: $::Upstreams
--- config eval: $::Locations
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- upstream_response: close
--- error_code eval: [502, 502]
--- upstream_request_like eval: [$::Unsigned, $::Signed]

=== TEST 4: a reset in the head of the answer
--- http_config eval: $::Upstreams
--- config eval: $::Locations
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- upstream_response eval
{response => "HTTP/1.1 200 OK\r\nContent-Le", raw => 1, then => 'reset'}
--- error_code eval: [502, 502]
--- upstream_request_like eval: [$::Unsigned, $::Signed]

=== TEST 5: an end in the head of the answer
--- http_config eval: $::Upstreams
--- config eval: $::Locations
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- upstream_response eval
{response => "HTTP/1.1 200 OK\r\nContent-Le", raw => 1, then => 'close'}
--- error_code eval: [502, 502]
--- upstream_request_like eval: [$::Unsigned, $::Signed]

=== TEST 6: a reset in the body: the part before it is sent
--- http_config eval: $::Upstreams
--- config eval: $::Locations
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- upstream_response eval
{response => "HTTP/1.1 200 OK\nContent-Length: 100\n\npart", then => 'reset'}
--- response_headers eval
[("Content-Length: 100\nConnection: close") x 2]
--- response_body_like eval: [(qr/\A(?:part)?\z/) x 2]
--- upstream_request_like eval: [$::Unsigned, $::Signed]

=== TEST 7: an end in the body: the part before it is sent
--- http_config eval: $::Upstreams
--- config eval: $::Locations
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- upstream_response eval
{response => "HTTP/1.1 200 OK\nContent-Length: 100\n\npart", then => 'close'}
--- response_headers eval
[("Content-Length: 100\nConnection: close") x 2]
--- response_body eval: ["part", "part"]
--- upstream_request_like eval: [$::Unsigned, $::Signed]

=== TEST 8: a slow answer
--- http_config eval: $::Upstreams
--- config eval: $::Locations =~ s/300ms/3s/r
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- upstream_response eval: {delay => 0.1}
--- response_body eval: [("upstream ok\n") x 2]
--- upstream_request_like eval: [$::Unsigned, $::Signed]

=== TEST 9: no answer in time
--- http_config eval: $::Upstreams
--- config eval: $::Locations
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- upstream_response eval: {delay => 2}
--- error_code eval: [504, 504]
--- upstream_request_like eval: [$::Unsigned, $::Signed]

=== TEST 10: the rest of the body does not arrive in time
--- http_config eval: $::Upstreams
--- config eval: $::Locations
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- upstream_response eval
{response => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart", raw => 1}
--- response_body eval: ["", ""]
--- error_log eval
[("upstream timed out") x 2]
--- upstream_request_like eval: [$::Unsigned, $::Signed]

=== TEST 11: an invalid head
--- http_config eval: $::Upstreams
--- config eval: $::Locations
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- upstream_response eval
{response => "HTTP/1.1 200 OK\r\n\x01\x02: \x00\r\n\r\n", raw => 1}
--- error_code eval: [502, 502]
--- error_log eval
[("upstream sent invalid header") x 2]
--- upstream_request_like eval: [$::Unsigned, $::Signed]

=== TEST 12: a head without end
--- http_config eval: $::Upstreams
--- config eval: $::Locations
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- upstream_response eval
{response => "HTTP/1.1 200 OK\r\nX: " . "x" x 100000, raw => 1}
--- error_code eval: [502, 502]
--- error_log eval
[("upstream sent too big header") x 2]
--- upstream_request_like eval: [$::Unsigned, $::Signed]

=== TEST 13: an answer that is not HTTP is sent as HTTP/0.9, without a status
--- http_config eval: $::Upstreams
--- config eval: $::Locations
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- upstream_response eval
{response => "\x16\x03garbage", raw => 1, then => 'close'}
--- error_code eval: ["", ""]
--- error_log eval
[("upstream sent no valid HTTP/1.0 header") x 2]
--- upstream_request_like eval: [$::Unsigned, $::Signed]

=== TEST 14: no TLS where proxy_pass uses https
--- http_config eval: $::Upstreams =~ s/\$TEST_NGINX_UPSTREAM_PORT/\$TEST_NGINX_S3_PORT/gr
--- config eval: $::Locations =~ s/http:/https:/gr
--- request eval: ["GET /plain/a", "GET /signed/a"]
--- error_code eval: [502, 502]
--- error_log eval
[(qr/SSL_do_handshake\(\) failed|peer closed connection in SSL handshake/) x 2]
--- s3_log_unlike
.

=== TEST 15: a kept connection that the other side has half closed
--- http_config eval: $::Upstreams
--- config eval: $::Locations
--- request eval
["GET /plain/a", "GET /plain/a", "GET /signed/a", "GET /signed/a"]
--- upstream_response eval: {then => 'shutdown'}
--- response_body eval: [("upstream ok\n") x 4]
--- upstream_request_like eval
[$::Unsigned, $::Unsigned, $::Signed, $::Signed]
--- upstream_connections: 4
