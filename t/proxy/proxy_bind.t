# proxy_bind has the same effect in a signed location as in any other.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';
use Socket qw(AF_INET SOCK_STREAM);

our $Keys = <<'END';
$TEST_NGINX_KEYS
s3_region      us-east-1;
s3_use_headers on;
END

# Responds with the address of its client, and whether the request is signed.
our $Backend = <<'END';
map $http_authorization $signed {
    ~^AWS4-HMAC-SHA256 signed;
    default            unsigned;
}
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    location / { return 200 "$remote_addr $signed\n"; }
}
END

# Whether this process may bind to any address, as nginx may then.
sub can_be_transparent {
    socket(my $socket, AF_INET, SOCK_STREAM, 0) or return 0;
    # SOL_IP, IP_TRANSPARENT
    return setsockopt $socket, 0, 19, 1;
}

no_root_location();
run_tests();

__DATA__

=== TEST 1: without a proxy_bind, the system chooses the address
--- http_config eval: $::Backend . $::Keys
--- config
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /
--- response_body
127.0.0.1 signed

=== TEST 2: an address
--- http_config eval: $::Backend . $::Keys
--- config
location / {
    proxy_bind 127.0.0.2;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- request
GET /
--- response_body
127.0.0.2 signed

=== TEST 3: an address, and an upstream that variables name
--- http_config eval
"$::Backend upstream bucket { server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1; $::Keys }"
--- config
location / {
    set        $name bucket;
    proxy_bind 127.0.0.2;
    proxy_pass http://$name;
}
--- request
GET /
--- response_body
127.0.0.2 signed

=== TEST 4: a variable
--- http_config eval: $::Backend . $::Keys
--- config
location / {
    proxy_bind $arg_from;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- request eval
["GET /?from=127.0.0.2", "GET /?from=127.0.0.3"]
--- response_body eval
["127.0.0.2 signed\n", "127.0.0.3 signed\n"]

=== TEST 5: several variables and text
--- http_config eval: $::Backend . $::Keys
--- config
location / {
    set        $two 2;
    proxy_bind 127.0.$arg_a.$two;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- request eval
["GET /?a=1", "GET /?a=0"]
--- response_body eval
["127.0.1.2 signed\n", "127.0.0.2 signed\n"]

=== TEST 6: with a variable that is empty nginx binds to no address
--- http_config eval: $::Backend . $::Keys
--- config
location / {
    proxy_bind $arg_from;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- request
GET /
--- response_body
127.0.0.1 signed
--- no_error_log
[error]

=== TEST 7: with a variable that is not an address nginx binds to none and logs an error
--- http_config eval: $::Backend . $::Keys
--- config
location / {
    proxy_bind $arg_from;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- request
GET /?from=bogus
--- response_body
127.0.0.1 signed
--- error_log
invalid local address "bogus"

=== TEST 8: off under an outer proxy_bind
--- http_config eval: $::Backend . $::Keys
--- config
proxy_bind 127.0.0.2;
location /off { proxy_bind off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /off", "GET /"]
--- response_body eval
["127.0.0.1 signed\n", "127.0.0.2 signed\n"]

=== TEST 9: an address inherited by signed and unsigned locations
--- http_config eval: "proxy_bind 127.0.0.2; $::Backend"
--- config eval
"location /unsigned { proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1; }
location /signed {
    $::Keys
    proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    location /signed/child { proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1; }
    location /signed/off {
        s3_access_key off;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    }
}"
--- request eval
["GET /unsigned", "GET /signed", "GET /signed/child", "GET /signed/off"]
--- response_body eval
["127.0.0.2 unsigned\n", "127.0.0.2 signed\n", "127.0.0.2 signed\n",
 "127.0.0.2 unsigned\n"]

=== TEST 10: a variable inherited by signed and unsigned locations
--- http_config eval: "proxy_bind \$arg_from; $::Backend"
--- config eval
"location /unsigned { proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1; }
location /signed {
    $::Keys
    proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    location /signed/child { proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1; }
    location /signed/off {
        s3_access_key off;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    }
}"
--- request eval
["GET /unsigned?from=127.0.0.2", "GET /signed?from=127.0.0.3",
 "GET /signed/child?from=127.0.0.4", "GET /signed/off?from=127.0.0.5"]
--- response_body eval
["127.0.0.2 unsigned\n", "127.0.0.3 signed\n", "127.0.0.4 signed\n",
 "127.0.0.5 unsigned\n"]

=== TEST 11: a signed location with a nested one that has its own proxy_bind
--- http_config eval: $::Backend . $::Keys
--- config
location / {
    proxy_bind 127.0.0.2;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    location /child {
        proxy_bind $arg_from;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
}
--- request eval
["GET /", "GET /child?from=127.0.0.3", "GET /child"]
--- response_body eval
["127.0.0.2 signed\n", "127.0.0.3 signed\n", "127.0.0.1 signed\n"]

=== TEST 12: a proxy_bind of a location without proxy_pass is inherited
--- http_config eval: $::Backend . $::Keys
--- config
location / {
    proxy_bind 127.0.0.2;
    location /child { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
}
--- request
GET /child
--- response_body
127.0.0.2 signed

=== TEST 13: a refused request is not sent
--- http_config eval: $::Keys
--- config
location / {
    proxy_bind 127.0.0.2;
    s3_region  $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /
--- error_code: 500
--- error_log
request not signed and not sent:
--- upstream_connections: 0

=== TEST 14: transparent, with an address
--- http_config eval: $::Backend . $::Keys
--- config
location / {
    proxy_bind 127.0.0.2 transparent;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- request
GET /
--- skip_eval: 2: !main::can_be_transparent()
--- response_body
127.0.0.2 signed

=== TEST 15: transparent, with a variable
--- http_config eval: $::Backend . $::Keys
--- config
location / {
    proxy_bind $arg_from transparent;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- request eval
["GET /?from=127.0.0.2", "GET /"]
--- skip_eval: 4: !main::can_be_transparent()
--- response_body eval
["127.0.0.2 signed\n", "127.0.0.1 signed\n"]

=== TEST 16: a wrong parameter is refused as without keys
--- http_config eval: $::Backend . $::Keys
--- config
location / {
    proxy_bind 127.0.0.2 opaque;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- must_die
--- error_log
invalid parameter "opaque"
