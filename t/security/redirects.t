# Responses to clients contain no signatures: S3's redirects repeat the target of
# the request, with the signature in the query.

use strict;
use warnings;

use lib 't/lib';
use IO::Socket::INET ();
use NginxTest 'no_plan';
use NginxTest::Nginx ();
use NginxTest::Process ();

our @Kinds = qw(v4-headers v4-query v2-headers v2-query);

our $Keys = <<'END';
$TEST_NGINX_KEYS
s3_security_token TokenCanary/With+Signs0000000000000001==;
END

our $Signed = "$Keys s3_region us-east-1;";

our $Pass = 'proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;';

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
    location / { $directives $Pass }
}
END
    } @Kinds;
}

# S3's answer from another region: the target of the request.
sub repeat {
    my ($status) = @_;

    return sub {
        my ($request) = @_;

        my ($target) = $request =~ /\A\S+ (\S+)/;
        return "HTTP/1.1 $status\n"
            . "Location: https://films.s3.eu-west-1.amazonaws.com$target\n"
            . "Content-Length: 0\n\n";
    };
}

# An answer of 307 with this header; or with these.
sub answer {
    return join "\n", 'HTTP/1.1 307 Temporary Redirect', @_,
        'Content-Length: 0', '', '';
}

# The names of arguments in the files of the cache.
sub cached {
    return join '', map {
        open my $in, '<:raw', $_ or die "$_: $!";
        my $file = do { local $/; <$in> };
        join ' ', $file =~ /(X-Amz-Signature|Signature|X-Amz-Security-Token)=/gi;
    } sort glob server_root() . '/cache/*';
}

# A presigned URL with other credentials.
our $Presigned = 'https://films.s3.amazonaws.com/a?X-Amz-Credential=c'
    . '&X-Amz-Security-Token=t&X-Amz-Signature=s';

# What upstreams send, and what clients get.
our @Locations = (
    ['/a'                                    => '/a'],
    ['https://h/a?b=1&c'                     => 'https://h/a?b=1&c'],
    [$Presigned                              => 'https://films.s3.amazonaws.com/a'],
    ["$Presigned#top"                        => 'https://films.s3.amazonaws.com/a#top'],
    ['//h/a?b=%2f&x-amz-date=1&&%zz=+&c#?'   => '//h/a?b=%2f&&%zz=+&c#?'],
    ['/a?%58-amz-signatur%65=1&b'            => '/a?b'],
    ['/a?AWSAccessKeyId=1&Signature=2&Expires=3&b' => '/a?b'],
    ['/a?Expires=1&Signature=2&Key-Pair-Id=3' => '/a?Expires=1&Signature=2&Key-Pair-Id=3'],
    ['?X-Amz-Signature=1'                    => ''],
    [''                                      => ''],
);

our @Refreshes = (
    ['5'                                  => '5'],
    ['5; url=/a?b'                        => '5; url=/a?b'],
    ["5; url=$Presigned&b"                => '5; url=https://films.s3.amazonaws.com/a?b'],
    ['0;URL="/a?X-Amz-Signature=1"'       => '0;URL="/a"'],
    ["5; url='/a?X-Amz-Signature=1&b'; c" => "5; url='/a?b'; c"],
);

# An application that answers each connection with a redirect to a presigned
# URL, whatever the request.
my $Listener = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1', Listen => 10, ReuseAddr => 1)
    or die "cannot listen: $!\n";
$ENV{TEST_NGINX_APP_PORT} = $Listener->sockport;
NginxTest::Process::fork_worker('application', sub {
    while (my $socket = $Listener->accept) {
        sysread $socket, my $request, 65536;
        print $socket "Status: 302 Found\r\nLocation: $Presigned\r\n\r\n";
        close $socket;
    }
});

# What a client gets from locations that do not pass on a Location.
our $Own = "https://films.s3.amazonaws.com/own?X-Amz-Signature=own";

no_root_location();
run_tests();

__DATA__

=== TEST 1: the target in Location is without the signature and the token
--- log_level: info
--- http_config eval: ::servers('')
--- config
--- request eval: [('GET /a%20b?b=2&prefix=x%2By&a=') x 4]
--- more_headers eval: [map { "Host: $_" } @::Kinds]
--- upstream_response eval: ::repeat('301 Moved Permanently')
--- error_code eval: [(301) x 4]
--- response_headers eval
[('Location: https://films.s3.eu-west-1.amazonaws.com/a%20b?a=&b=2&prefix=x%2By') x 2,
 ('Location: https://films.s3.eu-west-1.amazonaws.com/a%20b?b=2&prefix=x%2By&a=') x 2]
--- upstream_request_like eval
[qr{^Authorization: AWS4}m, qr{\A\S+ \S+&X-Amz-Security-Token=Tok\S+&X-Amz-Signature=\w},
 qr{^Authorization: AWS }m, qr{\A\S+ \S+&Expires=\d+&Signature=\S+&x-amz-security-token=Tok}]

=== TEST 2: a target without other arguments loses its question mark
--- log_level: info
--- http_config eval: ::servers('')
--- config
--- request eval: [('GET /a') x 4]
--- more_headers eval: [map { "Host: $_" } @::Kinds]
--- upstream_response eval: ::repeat('307 Temporary Redirect')
--- error_code eval: [(307) x 4]
--- response_headers eval
[('Location: https://films.s3.eu-west-1.amazonaws.com/a') x 4]

=== TEST 3: HEAD
--- log_level: info
--- http_config eval: ::servers('')
--- config
--- request eval: [('HEAD /a') x 4]
--- more_headers eval: [map { "Host: $_" } @::Kinds]
--- upstream_response eval: ::repeat('301 Moved Permanently')
--- error_code eval: [(301) x 4]
--- response_headers eval
[('Location: https://films.s3.eu-west-1.amazonaws.com/a') x 4]

=== TEST 4: HTTP/2
--- http2
--- log_level: info
--- config eval: "$::Signed location / { $::Pass }"
--- request
GET /a?b
--- upstream_response eval: ::repeat('301 Moved Permanently')
--- error_code: 301
--- response_headers
Location: https://films.s3.eu-west-1.amazonaws.com/a?b=

=== TEST 5: from the cache, in which the signature is
--- log_level: info
--- http_config eval
'proxy_cache_path $TEST_NGINX_SERVROOT/cache keys_zone=z:1m use_temp_path=off;
add_header X-Cache $upstream_cache_status always;
' . ::servers('proxy_cache z; proxy_cache_key $host; proxy_cache_valid 301 1m;')
--- config
--- request eval: [('GET /a?b=1') x 8]
--- more_headers eval: [map { "Host: $_" } @::Kinds, @::Kinds]
--- upstream_response eval: ::repeat('301 Moved Permanently')
--- error_code eval: [(301) x 8]
--- response_headers eval
my $location = 'Location: https://films.s3.eu-west-1.amazonaws.com/a?b=1';
[map({ "X-Cache: MISS\n$location" } @::Kinds), map { "X-Cache: HIT\n$location" } @::Kinds]
--- upstream_count: 4

=== TEST 6: the files of the cache have what the upstream sent
--- log_level: info
--- http_config
proxy_cache_path $TEST_NGINX_SERVROOT/cache keys_zone=z:1m use_temp_path=off;
--- config eval
"$::Signed proxy_cache z; proxy_cache_valid 301 1m; location / { $::Pass }"
--- request
GET /a
--- upstream_response eval: ::repeat('301 Moved Permanently')
--- error_code: 301
--- response_headers
Location: https://films.s3.eu-west-1.amazonaws.com/a
--- response_body_filters eval: \&::cached
--- response_body chop
X-Amz-Security-Token X-Amz-Signature

=== TEST 7: a stale redirect
--- log_level: info
--- http_config
proxy_cache_path $TEST_NGINX_SERVROOT/cache keys_zone=z:1m use_temp_path=off;
--- config eval
"$::Signed
proxy_cache z;
proxy_cache_valid 301 1s;
proxy_cache_use_stale http_500;
add_header X-Cache \$upstream_cache_status always;
location / { $::Pass }"
--- request eval: ['GET /a', [{value => 'GET /a', delay_before => 2.1}]]
--- upstream_response eval: [::repeat('301 Moved Permanently'), "HTTP/1.1 500 Oops\n\n"]
--- error_code eval: [301, 301]
--- response_headers eval
my $location = 'Location: https://films.s3.eu-west-1.amazonaws.com/a';
["X-Cache: MISS\n$location", "X-Cache: STALE\n$location"]

=== TEST 8: Location: other arguments and the fragment stay, byte for byte
--- config eval: "$::Signed location / { $::Pass }"
--- request eval: [('GET /') x @::Locations]
--- upstream_response eval: [map { ::answer("Location: $_->[0]") } @::Locations]
--- error_code eval: [(307) x @::Locations]
--- raw_response_headers_like eval: [map { qr/\r\nLocation: \Q$_->[1]\E\r\n/ } @::Locations]

=== TEST 9: Content-Location
--- config eval: "$::Signed location / { $::Pass }"
--- request eval: [('GET /') x @::Locations]
--- upstream_response eval: [map { ::answer("content-location: $_->[0]") } @::Locations]
--- error_code eval: [(307) x @::Locations]
--- raw_response_headers_like eval
[map { qr/\r\ncontent-location: \Q$_->[1]\E\r\n/ } @::Locations]

=== TEST 10: Refresh
--- config eval: "$::Signed location / { $::Pass }"
--- request eval: [('GET /') x @::Refreshes]
--- upstream_response eval: [map { ::answer("Refresh: $_->[0]") } @::Refreshes]
--- error_code eval: [(307) x @::Refreshes]
--- raw_response_headers_like eval: [map { qr/\r\nRefresh: \Q$_->[1]\E\r\n/ } @::Refreshes]

=== TEST 11: Refresh after proxy_redirect has changed it
--- config eval
"$::Signed proxy_redirect https://films.s3.amazonaws.com/ /a/longer/path/than/before/; location / { $::Pass }"
--- request
GET /
--- upstream_response eval: ::answer("Refresh: 5; url=$::Presigned&b")
--- error_code: 307
--- response_headers
Refresh: 5; url=/a/longer/path/than/before/a?b

=== TEST 12: other headers are not changed
--- config eval: "$::Signed location / { $::Pass }"
--- request
GET /
--- upstream_response eval: ::answer("Link: <$::Presigned>", "X-Location: $::Presigned")
--- error_code: 307
--- response_headers eval
"Link: <$::Presigned>\nX-Location: $::Presigned"

=== TEST 13: repeated headers
--- config eval: "$::Signed location / { $::Pass }"
--- request
GET /
--- upstream_response eval
::answer(map { ("Location: $::Presigned&$_", "Refresh: 5; url=$::Presigned&$_",
                "Content-Location: $::Presigned&$_", "X-$_: $_") } 1 .. 9)
--- error_code: 307
--- raw_response_headers_like eval
qr{Content-Location: https://films.s3.amazonaws.com/a\?1\r\n.*Content-Location: https://films.s3.amazonaws.com/a\?9\r\n}s
--- raw_response_headers_unlike: X-Amz

=== TEST 14: $upstream_http_location is the value of the upstream
--- config eval
"$::Signed
add_header X-Upstream \$upstream_http_location always;
add_header X-Sent     \$sent_http_location always;
location / { $::Pass }"
--- request
GET /
--- upstream_response eval: ::answer("Location: $::Presigned")
--- error_code: 307
--- response_headers eval
"X-Upstream: $::Presigned\nX-Sent: https://films.s3.amazonaws.com/a"

=== TEST 15: proxy_redirect
--- config eval
"$::Signed
location /shorter/ { proxy_redirect https://films.s3.amazonaws.com/ /f/; $::Pass }
location /longer/  { proxy_redirect https://films.s3.amazonaws.com/ https://media.example.com/of/films/; $::Pass }
location /regex/   { proxy_redirect ~^https://[^/]+/([^?]+)(.*) /r/\$1\$2; $::Pass }
location /whole/   { proxy_redirect ~^ https://media.example.com/w; $::Pass }
location /off/     { proxy_redirect off; $::Pass }"
--- request eval: [map { "GET /$_/" } qw(shorter longer regex whole off)]
--- upstream_response eval: ::answer("Location: $::Presigned&b=1")
--- error_code eval: [(307) x 5]
--- response_headers eval
['Location: http://localhost:' . ::server_port() . '/f/a?b=1',
 'Location: https://media.example.com/of/films/a?b=1',
 'Location: http://localhost:' . ::server_port() . '/r/a?b=1',
 'Location: https://media.example.com/w',
 'Location: https://films.s3.amazonaws.com/a?b=1']

=== TEST 16: proxy_redirect default, and absolute_redirect off
--- config eval
"$::Signed
absolute_redirect off;
location /f/ { proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/films/; }"
--- request
GET /f/a
--- upstream_response eval
::answer('Location: http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/b?X-Amz-Signature=1&b')
    =~ s/\$TEST_NGINX_UPSTREAM_PORT/$ENV{TEST_NGINX_UPSTREAM_PORT}/r
--- error_code: 307
--- response_headers
Location: /f/b?b

=== TEST 17: a relative redirect stays one
--- config eval: "$::Signed location / { $::Pass }"
--- request
GET /f/a
--- upstream_response eval: ::answer('Location: /b?X-Amz-Signature=1')
--- error_code: 307
--- response_headers
Location: /b

=== TEST 18: proxy_hide_header and proxy_pass_header
--- config eval
"$::Signed
location /hidden { proxy_hide_header Location; $::Pass }
location /passed { proxy_hide_header Location; proxy_pass_header Location; $::Pass }"
--- request eval: ['GET /hidden', 'GET /passed']
--- upstream_response eval: ::answer("Location: $::Presigned")
--- error_code eval: [307, 307]
--- response_headers eval: ['! Location', 'Location: https://films.s3.amazonaws.com/a']

=== TEST 19: redirects of return and rewrite are not changed
--- config eval
"$::Signed
location /return  { return 302 $::Own; $::Pass }
location /rewrite { rewrite ^ $::Own? redirect; $::Pass }
location /header  { add_header Location $::Own; return 201; }"
--- request eval: [map { "GET /$_" } qw(return rewrite header)]
--- error_code eval: [302, 302, 201]
--- response_headers eval: [("Location: $::Own") x 3]

=== TEST 20: redirects of return and rewrite after an error_page are not changed
--- config eval
"$::Signed
proxy_intercept_errors on;
location /return   { error_page 307 404 \@return; $::Pass }
location /rewrite  { error_page 307 404 \@rewrite; $::Pass }
location /page     { error_page 307 404 $::Own; $::Pass }
location /internal { error_page 307 404 = /own; $::Pass }
location \@return  { return 302 $::Own; $::Pass }
location \@rewrite { rewrite ^ $::Own? redirect; $::Pass }
location = /own    { return 302 $::Own; }"
--- request eval
[map { "GET /$_" } map { ($_, $_) } qw(return rewrite page internal)]
--- upstream_response eval
[(::answer("Location: $::Presigned"), "HTTP/1.1 404 Not Found\nLocation: $::Presigned\n\n") x 4]
--- error_code eval: [(302) x 8]
--- response_headers eval: [("Location: $::Own") x 8]

=== TEST 21: a second upstream after an error_page
--- config eval
"$::Signed
location / {
    proxy_intercept_errors on;
    error_page 307 = \@next;
    $::Pass
}
location \@next { $::Pass }"
--- request
GET /
--- upstream_response eval
[::answer("Location: $::Presigned"), ::answer("Location: $::Presigned&next")]
--- error_code: 307
--- response_headers
Location: https://films.s3.amazonaws.com/a?next

=== TEST 22: X-Accel-Redirect passes no Location on, and the next location is what counts
--- config eval
"$::Signed
location / { $::Pass }
location /app { s3_access_key off; $::Pass }
location /own { return 302 $::Own; }"
--- request eval: ['GET /1', 'GET /2', 'GET /3']
--- upstream_response eval
[::answer('X-Accel-Redirect: /own', "Location: $::Presigned"),
 ::answer('X-Accel-Redirect: /app', "Location: $::Presigned"),
 ::answer("Location: $::Presigned"),
 ::answer('X-Accel-Redirect: /again', "Location: $::Presigned"),
 ::answer("Location: $::Presigned&b")]
--- error_code eval: [302, 307, 307]
--- response_headers eval
["Location: $::Own", "Location: $::Presigned", "Location: https://films.s3.amazonaws.com/a?b"]

=== TEST 23: redirects in a location without keys are not changed
--- config eval
"location / { $::Pass }
location /off { $::Signed location /off/a { s3_access_key off; $::Pass } $::Pass }
location /keys { $::Signed $::Pass }"
--- request eval: ['GET /', 'GET /off/a', 'GET /keys']
--- upstream_response eval: ::answer("Location: $::Presigned")
--- error_code eval: [307, 307, 307]
--- response_headers eval
["Location: $::Presigned", "Location: $::Presigned", "Location: https://films.s3.amazonaws.com/a"]

=== TEST 24: keys in the upstream, which variables may choose
--- http_config eval
"upstream bucket { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; $::Signed }"
--- config
location /literal  { proxy_pass http://bucket; }
location /variable { set $name bucket; proxy_pass http://$name; }
location /app      { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- request eval: [map { "GET /$_" } qw(literal variable app)]
--- upstream_response eval: ::answer("Location: $::Presigned")
--- error_code eval: [307, 307, 307]
--- response_headers eval
[("Location: https://films.s3.amazonaws.com/a") x 2, "Location: $::Presigned"]

=== TEST 25: if and limit_except
--- config eval
"location /if { if (\$arg_x) { $::Signed } $::Pass }
location /limit { $::Signed limit_except GET { s3_access_key off; $::Pass } $::Pass }"
--- request eval: ['GET /if?x=1', 'GET /if', 'GET /limit', 'POST /limit']
--- upstream_response eval: ::answer("Location: $::Presigned")
--- error_code eval: [(307) x 4]
--- response_headers eval
["Location: https://films.s3.amazonaws.com/a", "Location: $::Presigned",
 "Location: https://films.s3.amazonaws.com/a", "Location: $::Presigned"]

=== TEST 26: an operator's proxy_bind
--- config eval
"location /address { proxy_bind 127.0.0.1; $::Signed $::Pass }
location /variable { proxy_bind \$arg_from; $::Signed $::Pass }
location /off      { proxy_bind 127.0.0.1; $::Pass }
location /off/v    { proxy_bind \$arg_from; $::Pass }"
--- request eval: [map { "GET /$_?from=127.0.0.1" } qw(address variable off off/v)]
--- upstream_response eval: ::answer("Location: $::Presigned")
--- error_code eval: [(307) x 4]
--- response_headers eval
[("Location: https://films.s3.amazonaws.com/a") x 2, ("Location: $::Presigned") x 2]

=== TEST 27: requests by another protocol are not signed, and their redirects are not changed
--- config eval
"$::Signed
location / { scgi_pass 127.0.0.1:\$TEST_NGINX_APP_PORT; }"
--- request
GET /
--- error_code: 302
--- response_headers eval: "Location: $::Presigned"

=== TEST 28: the first slice
--- log_level: info
--- config eval
"$::Signed
location / { slice 64k; proxy_set_header Range \$slice_range; $::Pass }"
--- request
GET /a
--- upstream_response eval: ::repeat('301 Moved Permanently')
--- error_code: 301
--- response_headers
Location: https://films.s3.eu-west-1.amazonaws.com/a

=== TEST 29: a subrequest
--- log_level: info
--- config eval
"$::Signed
location = /page { ssi on; ssi_types text/plain; return 200 '<!--# include virtual=\"/a\" -->'; }
location / { $::Pass }"
--- request
GET /page
--- upstream_response eval: ::repeat('301 Moved Permanently')
--- response_headers
! Location
--- raw_response_headers_unlike: X-Amz

=== TEST 30: another upstream than the one with keys, chosen by variables
--- http_config eval
"upstream bucket { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; $::Signed }
upstream app { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }
proxy_cache_path cache keys_zone=cache:1m;"
--- config
location / {
    proxy_pass        http://$arg_to;
    proxy_cache       cache;
    proxy_cache_valid any 1m;
    add_header        X-Cache $upstream_cache_status always;
}
--- request eval: [('GET /a?to=app', 'GET /a?to=bucket') x 2]
--- upstream_response eval: ::answer("Location: $::Presigned")
--- error_code eval: [(307) x 4]
--- response_headers eval
my @clean = 'Location: https://films.s3.amazonaws.com/a';
[map { ("Location: $::Presigned\nX-Cache: $_", "@clean\nX-Cache: $_") } qw(MISS HIT)]
--- upstream_count: 2

=== TEST 31: the place of the module is before filters that other modules add
--- skip_eval
2: qx{"$ENV{TEST_NGINX_BINARY}" -V 2>&1} !~ /--with-debug/
--- config eval: "$::Signed location / { $::Pass }"
--- init
NginxTest::Nginx::reload();
--- request
GET /
--- error_log
module: ngx_http_s3_auth_module before ngx_http_range_body_filter_module:
