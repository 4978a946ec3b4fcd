# Errors of S3 are sent to the client: the status and the XML document.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our @Kinds = qw(v4-headers v4-query v2-headers v2-query);

# A server of nginx for each kind of signature, chosen by the client's Host.
# The block's http_config has the credentials.
sub servers {
    my ($http) = @_;

    return join "\n", $http, map {
        my $region  = /v4/      ? 's3_region us-east-1;' : '';
        my $headers = /headers/ ? 'on'                   : 'off';
        <<"END"
server {
    listen 127.0.0.1:\$TEST_NGINX_SERVER_PORT;
    server_name $_;
    $region
    s3_use_headers $headers;
    location / { proxy_pass http://127.0.0.1:\$TEST_NGINX_S3_PORT; }
}
END
    } @Kinds;
}

our @Hosts = map { "Host: $_" } @Kinds;

# The answer of the S3 server.
sub document {
    my ($code, $message, $more) = @_;

    return '<?xml version="1.0" encoding="UTF-8"?>'
        . "\n<Error><Code>$code</Code><Message>$message</Message>"
        . ($more // '') . '</Error>';
}

s3_region('us-east-1');
run_tests();

__DATA__

=== TEST 1: a wrong secret key
--- http_config eval
::servers(<<'END')
s3_access_key AKIDPERMANENT0000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
END
--- config
--- request eval: [('GET /films/hello.txt') x 4]
--- more_headers eval: \@::Hosts
--- error_code eval: [(403) x 4]
--- response_headers eval: [('Content-Type: application/xml') x 4]
--- response_body eval
[(qr{\A<\?xml version="1.0" encoding="UTF-8"\?>\s*<Error><Code>SignatureDoesNotMatch</Code>.*</Error>\z}s) x 4]
--- s3_log_like
GET \S+ 403 v4-headers$
GET \S+ 403 v4-query$
GET \S+ 403 v2-headers$
GET \S+ 403 v2-query$

=== TEST 2: an unknown access key
--- http_config eval
::servers(<<'END')
s3_access_key AKIDUNKNOWN000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
END
--- config
--- request eval: [('GET /films/hello.txt') x 4]
--- more_headers eval: \@::Hosts
--- error_code eval: [(403) x 4]
--- response_body eval
[(::document('InvalidAccessKeyId',
    'The AWS Access Key Id you provided does not exist in our records.')) x 4]

=== TEST 3: an expired token
--- http_config eval
::servers(<<'END')
s3_access_key ASIAEXPIRED000000001;
s3_secret_key ExpiredSecretKey/With+Signs0000000000001;
s3_security_token ExpiredSessionToken/With+Signs==;
END
--- config
--- request eval: [('GET /films/hello.txt') x 4]
--- more_headers eval: \@::Hosts
--- error_code eval: [(400) x 4]
--- response_body eval
[(::document('ExpiredToken', 'The provided token has expired.')) x 4]

=== TEST 4: a temporary key without its token
--- http_config eval
::servers(<<'END')
s3_access_key ASIATEMPORARY0000001;
s3_secret_key TemporarySecretKey/With+Signs00000000001;
END
--- config
--- request eval: [('GET /films/hello.txt') x 4]
--- more_headers eval: \@::Hosts
--- error_code eval: [(403) x 4]
--- response_body eval
[(::document('InvalidAccessKeyId',
    'The AWS Access Key Id you provided does not exist in our records.')) x 4]

=== TEST 5: a temporary key with another token
--- http_config eval
::servers(<<'END')
s3_access_key ASIATEMPORARY0000001;
s3_secret_key TemporarySecretKey/With+Signs00000000001;
s3_security_token TokenCanary/With+Signs0000000000000001==;
END
--- config
--- request eval: [('GET /films/hello.txt') x 4]
--- more_headers eval: \@::Hosts
--- error_code eval: [(400) x 4]
--- response_body eval
[(::document('InvalidToken',
    'The provided token is malformed or otherwise invalid.')) x 4]

=== TEST 6: a permanent key with a token
--- http_config eval
::servers(<<'END')
s3_access_key AKIDPERMANENT0000001;
s3_secret_key PermanentSecretKey/With+Signs00000000001;
s3_security_token TokenCanary/With+Signs0000000000000001==;
END
--- config
--- request eval: [('GET /films/hello.txt') x 4]
--- more_headers eval: \@::Hosts
--- error_code eval: [(400) x 4]
--- response_body eval
[(::document('InvalidToken',
    'The provided token is malformed or otherwise invalid.')) x 4]

=== TEST 7: a client's token is not sent: S3 would refuse it
--- http_config eval
::servers(<<'END')
s3_access_key AKIDPERMANENT0000001;
s3_secret_key PermanentSecretKey/With+Signs00000000001;
END
--- config
--- request eval: [('GET /films/hello.txt?x-amz-security-token=mine') x 4]
--- more_headers eval: [map { "$_\nX-Amz-Security-Token: mine" } @::Hosts]
--- error_code eval: [(200) x 4]
--- response_body eval: [("hello from films\n") x 4]

=== TEST 8: the wrong region in headers
--- config
$TEST_NGINX_KEYS
s3_region eu-west-1;
s3_use_headers on;
location /films/ { proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT; }
--- request
GET /films/hello.txt
--- error_code: 400
--- response_body eval
::document('AuthorizationHeaderMalformed', 'The authorization header is '
    . "malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'",
    '<Region>us-east-1</Region>')

=== TEST 9: the wrong region in the query
--- config
$TEST_NGINX_KEYS
s3_region eu-west-1;
location /films/ { proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT; }
--- request
GET /films/hello.txt
--- error_code: 400
--- response_body eval
::document('AuthorizationQueryParametersError',
    'Error parsing the X-Amz-Credential parameter; '
    . "the region 'eu-west-1' is wrong; expecting 'us-east-1'",
    '<Region>us-east-1</Region>')

=== TEST 10: an object, or a bucket, that does not exist
--- http_config eval
::servers(<<'END')
$TEST_NGINX_KEYS
END
--- config
--- request eval
[('GET /films/none%20%2B.txt') x 4, 'GET /none/hello.txt', 'HEAD /films/none']
--- more_headers eval: [@::Hosts, $::Hosts[0], $::Hosts[0]]
--- error_code eval: [(404) x 6]
--- response_headers eval: [('Content-Type: application/xml') x 5, '']
--- response_body_like eval
[('^<\?xml .*<Code>NoSuchKey</Code>') x 4, '^<\?xml .*<Code>NoSuchBucket</Code>',
 '^$']

=== TEST 11: no signature at all
--- config
location /films/ { proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT; }
location /music/ {
    s3_access_key off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
$TEST_NGINX_KEYS
s3_region us-east-1;
--- request eval: ['GET /films/hello.txt', 'GET /music/hello.txt']
--- error_code eval: [200, 403]
--- response_body eval
["hello from films\n", ::document('AccessDenied', 'Access Denied')]
--- s3_log_like
GET /music/hello\.txt 403 anonymous$

=== TEST 12: an error of S3 can be cached, with its document
--- http_config
proxy_cache_path $TEST_NGINX_SERVROOT/cache keys_zone=z:1m use_temp_path=off;
--- config
$TEST_NGINX_KEYS
s3_region us-east-1;
location /films/ {
    proxy_cache z;
    proxy_cache_valid any 1m;
    add_header X-Cache $upstream_cache_status always;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request eval: ['GET /films/none', 'GET /films/none']
--- error_code eval: [404, 404]
--- response_headers eval: ['X-Cache: MISS', 'X-Cache: HIT']
--- response_body_like eval: [('<Code>NoSuchKey</Code>') x 2]
