# An attempt at another server, or on another connection, carries the same
# valid bytes as the one before.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Keys = <<'END';
$TEST_NGINX_KEYS
s3_region      us-east-1;
s3_use_headers on;
END

# First the recording upstream, which fails as the block sets, then the S3
# server, which verifies signatures.
our $ThenS3 = 'upstream films.s3.us-east-1.amazonaws.com {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    server 127.0.0.1:$TEST_NGINX_S3_PORT backup;
' . "$Keys}\n";

# The recording upstream twice.
our $Twice = 'upstream bucket {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    server unix:$TEST_NGINX_UPSTREAM_SOCKET;
' . "$Keys}\n";

# Answers for the recording upstream: the one given to the first request,
# then whether the request is the same as the first time.
sub compare_after {
    my ($answer) = @_;

    my $first;
    return sub {
        my ($request) = @_;

        if (!defined $first) {
            $first = $request;
            return $answer;
        }
        my $body = $request eq $first ? "the same\n" : "another\n";
        return "HTTP/1.1 200 OK\nContent-Length: " . length($body)
            . "\n\n$body";
    };
}

our $Signed = qr{\n
    Authorization:[ ]AWS4-HMAC-SHA256[ ]Credential=AKIDTEST00000000001/\d{8}
    /us-east-1/s3/aws4_request,[ ]SignedHeaders=[^,\n]+,
    [ ]Signature=[0-9a-f]{64}(?:\n|\z)
}x;

no_root_location();
run_tests();

__DATA__

=== TEST 1: after a refused connection
--- http_config eval
"upstream films.s3.us-east-1.amazonaws.com {
    server 127.0.0.1:\$TEST_NGINX_REFUSED_PORT;
    server 127.0.0.1:\$TEST_NGINX_S3_PORT backup;
    $::Keys
}"
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request
GET /hello.txt
--- response_body
hello from films
--- error_log
Connection refused

=== TEST 2: after a reset, to S3
--- http_config eval: $::ThenS3
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request
GET /a%20b.txt?x=y
--- upstream_response: reset
--- response_body
a b.txt of films
--- upstream_request_like eval: $::Signed

=== TEST 3: after a reset, the same bytes
--- http_config eval: $::Twice
--- config
location / { proxy_pass http://bucket; }
--- request
GET /a
--- upstream_response eval: main::compare_after('reset')
--- response_body
the same
--- upstream_request_like eval: [$::Signed, $::Signed]

=== TEST 4: after an end without an answer
--- http_config eval: $::Twice
--- config
location / { proxy_pass http://bucket; }
--- request
GET /a
--- upstream_response eval: main::compare_after('close')
--- response_body
the same
--- upstream_request_like eval: [$::Signed, $::Signed]

=== TEST 5: after an invalid response
--- http_config eval: $::Twice
--- config
location / {
    proxy_next_upstream invalid_header;
    proxy_pass          http://bucket;
}
--- request
GET /a
--- upstream_response eval
main::compare_after("HTTP/1.1 200 OK\n: no name\n\n")
--- response_body
the same
--- upstream_request_like eval: [$::Signed, $::Signed]

=== TEST 6: after a 500
--- http_config eval: $::Twice
--- config
location / { proxy_next_upstream http_500; proxy_pass http://bucket; }
--- request
GET /a
--- upstream_response eval
main::compare_after("HTTP/1.1 500 Internal Server Error\n\n")
--- response_body
the same
--- upstream_request_like eval: [$::Signed, $::Signed]

=== TEST 7: after a 503, to S3
--- http_config eval: $::ThenS3
--- config
location / {
    proxy_next_upstream http_503;
    proxy_pass          http://films.s3.us-east-1.amazonaws.com;
}
--- request
GET /hello.txt
--- upstream_response
HTTP/1.1 503 Slow Down
--- response_body
hello from films

=== TEST 8: after a second, with the first signature
--- http_config eval: $::Twice
--- config
location / {
    proxy_read_timeout 1100ms;
    proxy_pass         http://bucket;
}
--- request
GET /a
--- upstream_response eval
main::compare_after({delay => 2, response => "HTTP/1.1 200 OK\n\n"})
--- response_body
the same
--- upstream_request_like eval: [$::Signed, $::Signed]
--- error_log
upstream timed out

=== TEST 9: with a signature in the query
--- http_config eval: $::Twice
--- config
proxy_http_version 1.1;
location / { s3_use_headers off; proxy_pass http://bucket; }
--- request
GET /a
--- upstream_response eval: main::compare_after('reset')
--- response_body
the same
--- upstream_request_like eval
[(qr{\AGET /a\?X-Amz-Algorithm=\S+&X-Amz-Signature=[0-9a-f]{64} HTTP/1.1\n}) x 2]

=== TEST 10: the failure of the last server is sent to the client
--- http_config eval: $::Twice
--- config
location / { proxy_pass http://bucket; }
--- request
GET /a
--- upstream_response: reset
--- error_code: 502
--- upstream_request_like eval: [$::Signed, $::Signed]

=== TEST 11: a PUT with its body, to S3
--- http_config eval: $::ThenS3
--- config
s3_methods any;
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
location /get/ { proxy_pass http://films.s3.us-east-1.amazonaws.com/; }
--- request eval
["PUT /new.txt\nnew body", "GET /get/new.txt"]
--- upstream_response: reset
--- response_body eval
["", "new body"]

=== TEST 12: a PUT with its body, the same bytes
--- http_config eval: $::Twice
--- config
location / { s3_methods any; proxy_pass http://bucket; }
--- request
PUT /a
body
--- upstream_response eval: main::compare_after('reset')
--- response_body
the same
--- upstream_request_like eval
[(qr{$::Signed\nbody\z}) x 2]

=== TEST 13: a body in a temporary file
--- http_config eval: $::Twice
--- config
client_body_in_file_only clean;
location / { s3_methods any; proxy_pass http://bucket; }
--- request
PUT /a
body
--- upstream_response eval: main::compare_after('close')
--- response_body
the same
--- upstream_request_like eval
[(qr{$::Signed\nbody\z}) x 2]

=== TEST 14: a body of proxy_set_body
--- http_config eval: $::Twice
--- config
location / {
    s3_methods     any;
    proxy_set_body "body of $uri";
    proxy_pass     http://bucket;
}
--- request
PUT /a
--- upstream_response eval: main::compare_after('close')
--- response_body
the same
--- upstream_request_like eval
[(qr{$::Signed\nbody of /a\z}) x 2]

=== TEST 15: an unbuffered body, after a refused connection
--- http_config eval
"upstream films.s3.us-east-1.amazonaws.com {
    server 127.0.0.1:\$TEST_NGINX_REFUSED_PORT;
    server 127.0.0.1:\$TEST_NGINX_S3_PORT backup;
    $::Keys
}"
--- config
s3_methods any;
proxy_request_buffering off;
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
location /get/ { proxy_pass http://films.s3.us-east-1.amazonaws.com/; }
--- request eval
["PUT /unbuffered.txt\nnew body", "GET /get/unbuffered.txt"]
--- response_body eval
["", "new body"]

=== TEST 16: a POST that was sent is not sent again
--- http_config eval: $::Twice
--- config
location / { s3_methods any; proxy_pass http://bucket; }
--- request
POST /a
body
--- upstream_response: reset
--- error_code: 502
--- upstream_request_like eval: $::Signed

=== TEST 17: a POST is sent again with non_idempotent
--- http_config eval: $::Twice
--- config
location / {
    s3_methods          any;
    proxy_next_upstream error non_idempotent;
    proxy_pass          http://bucket;
}
--- request
POST /a
body
--- upstream_response eval: main::compare_after('reset')
--- response_body
the same
--- upstream_request_like eval
[(qr{$::Signed\nbody\z}) x 2]

=== TEST 18: a kept connection that ends when it is used again
--- http_config eval
"upstream bucket {
    server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    keepalive 1;
    $::Keys
}"
--- config
location / {
    proxy_http_version 1.1;
    proxy_set_header   Connection "";
    proxy_pass         http://bucket;
}
--- request eval
["GET /1", "GET /2", "GET /3"]
--- upstream_response eval
[undef, 'close', undef]
--- response_body eval
[("upstream ok\n") x 3]
--- upstream_request_like eval
[qr{\AGET /1 .*$::Signed}s, qr{\AGET /2 .*$::Signed}s,
 qr{\AGET /2 .*$::Signed}s, qr{\AGET /3 .*$::Signed}s]
--- upstream_connections: 2

=== TEST 19: a kept connection that is reset when it is used again
--- http_config eval
"upstream bucket {
    server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    keepalive 1;
    $::Keys
}"
--- config
location / {
    proxy_http_version 1.1;
    proxy_set_header   Connection "";
    proxy_pass         http://bucket;
}
--- request eval
["GET /1", "GET /2"]
--- upstream_response eval
[undef, main::compare_after('reset')]
--- response_body eval
["upstream ok\n", "the same\n"]
--- upstream_request_like eval
[qr{\AGET /1 .*$::Signed}s, qr{\AGET /2 .*$::Signed}s,
 qr{\AGET /2 .*$::Signed}s]
--- upstream_connections: 2

=== TEST 20: a kept connection that ended in between
--- http_config eval
"upstream bucket {
    server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    keepalive 1;
    $::Keys
}"
--- config
location / {
    proxy_http_version 1.1;
    proxy_set_header   Connection "";
    proxy_pass         http://bucket;
}
--- request eval
["GET /1", "GET /2"]
--- upstream_response eval
{then => 'close'}
--- response_body eval
[("upstream ok\n") x 2]
--- upstream_request_like eval: [$::Signed, $::Signed]
--- upstream_connections: 2
