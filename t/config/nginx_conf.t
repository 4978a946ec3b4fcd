# Every configuration in nginx-conf/, in front of the S3 server. The table @Changes
# has what a test replaces in them.

use strict;
use warnings;

use lib 't/lib';
use File::Basename qw(basename dirname);
use NginxTest 'no_plan';
use NginxTest::Dns ();
use NginxTest::Env ();
use NginxTest::Nginx ();

my $Dir = dirname(__FILE__) . '/../../nginx-conf';

my %Tested = map { $_ => 0 } qw(
    cache-slices.conf location.conf one-bucket-before-1.27.3.conf
    one-bucket.conf path-style.conf several-buckets.conf
    temporary-credentials.conf variables.conf
);

# The ports of the front, a server of the test that proxies to the S3 server with
# the Host and the target unchanged: with TLS; with TLS and the certificate of
# another server; without TLS.
my $Tls   = $ENV{TEST_NGINX_RAND_PORT_1};
my $Wrong = $ENV{TEST_NGINX_RAND_PORT_2};
my $Plain = $ENV{TEST_NGINX_RAND_PORT_3};
my $Certs = NginxTest::Env::work_dir();

# Whether nginx accepts "resolve" in an upstream block.
my $Resolves = NginxTest::Nginx::version() >= 1.027003;

# What is replaced, by what; each has to occur in some file.
my @Changes = (
    # Another program may listen on 8080. This server is the default one of the
    # port: the server of the block, "localhost", is after it.
    ['listen 127.0.0.1:8080;' => 'listen 127.0.0.1:$TEST_NGINX_SERVER_PORT;'],

    # The examples have public hosts and certificates. Hosts are resolved to this
    # machine, where a test may not listen on 443. The system's resolver does not
    # resolve them.
    ['/etc/ssl/certs/ca-certificates.crt' => "$Certs/ca.pem"],
    ['resolver 127.0.0.53;' => 'resolver 127.0.0.1:$TEST_NGINX_DNS_PORT;'],
    ['$bucket_region.amazonaws.com$object' =>
        "\$bucket_region.amazonaws.com:$Tls\$object"],
    ['proxy_pass https://$bucket;' => "proxy_pass https://\$bucket:$Tls;"],
    ['server films.s3.eu-west-1.amazonaws.com:443;' =>
        "server 127.0.0.1:$Tls;"],
    $Resolves ? (
        ['amazonaws.com:443 resolve;' => "amazonaws.com:$Tls resolve;"],
        ['minio.example.com:9000 resolve;' =>
            "minio.example.com:$Plain resolve;"],
    ) : (
        ['server music.s3.us-east-1.amazonaws.com:443;' =>
            "server 127.0.0.1:$Tls;"],
        ['server minio.example.com:9000;' => "server 127.0.0.1:$Plain;"],
    ),

    # The keys of the documentation are examples.
    ['AKIAIOSFODNN7EXAMPLE' => 'AKIDPERMANENT0000001'],
    ['wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' =>
        'PermanentSecretKey/With+Signs00000000001'],
    ['AKIAI44QH8DHBEXAMPLE' => 'AKIDOTHERACCOUNT0001'],
    ['je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY' =>
        'OtherAccountSecret/With+Signs00000000001'],
    ['ASIAIOSFODNN7EXAMPLE' => 'ASIATEMPORARY0000001'],
    ['wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY' =>
        'TemporarySecretKey/With+Signs00000000001'],
    ['AQoDYXdzEJr1K/EXAMPLETOKEN==' => 'TemporarySessionToken/With+Signs=='],

    # The largest object of the S3 server has 200 KiB.
    ['slice 1m;' => 'slice 64k;'],

    # A test may not write there.
    ['/var/cache/nginx/films' => '$TEST_NGINX_SERVROOT/films'],
);
my %Used;

# Requests to the front have session tokens, which must not be in error.log.
our $Front = <<"END";
log_format front 'front sni=\$ssl_server_name host=\$http_host '
                 'request=\$connection_requests \$status "\$request" '
                 '"\$http_authorization"';
server {
    listen 127.0.0.1:$Tls ssl default_server;
    ssl_reject_handshake on;
    error_log logs/front.log warn;
}
server {
    listen 127.0.0.1:$Tls ssl;
    listen 127.0.0.1:$Plain;
    server_name *.s3.eu-west-1.amazonaws.com *.s3.us-east-1.amazonaws.com
                minio.example.com;
    ssl_certificate $Certs/right.pem;
    ssl_certificate_key $Certs/right.key;
    access_log logs/access.log front;
    error_log logs/front.log warn;
    location / {
        proxy_pass http://127.0.0.1:\$TEST_NGINX_S3_PORT;
        proxy_http_version 1.1;
        proxy_set_header Host \$http_host;
    }
}
server {
    listen 127.0.0.1:$Wrong ssl;
    ssl_certificate $Certs/wrong.pem;
    ssl_certificate_key $Certs/wrong.key;
    error_log logs/front.log warn;
    return 204;
}
END

# The file of this name, and the front; with further replacements.
sub conf {
    my ($name, @more) = @_;

    $Tested{$name}++;
    my $text = slurp("$Dir/$name");
    $text = without_resolve($text) unless $Resolves;
    for my $change (@Changes) {
        my ($old, $new) = @$change;
        $Used{$old} = 1 if $text =~ s/\Q$old\E/$new/g;
    }
    while (my ($old, $new) = splice @more, 0, 2) {
        $text =~ s/\Q$old\E/$new/g or die "no \"$old\" in $name";
    }
    return $text . $Front;
}

# Does what the comment in the file requires before nginx 1.27.3.
sub without_resolve {
    my ($text) = @_;

    my ($remove) = $text =~ /^ *# Before nginx 1\.27\.3 remove (.*?):/m
        or return $text;
    $text =~ s/^( *server .*) resolve;/$1;/mg if $remove =~ /"resolve"/;
    $text =~ s/^(upstream .*?^) *resolver .*?\n/$1/msg
        if $remove =~ /"resolver"/;
    return $text;
}

# Waits until nginx has the addresses of the servers with "resolve": until then
# it answers 502.
sub wait_for_addresses {
    my $conf = slurp(NginxTest::server_root() . '/conf/nginx.conf');
    NginxTest::Dns::wait_for_answer($_, '127.0.0.1')
        for $conf =~ /^ *server (\S+):\d+ resolve;/mg;
    return;
}

# The same with the certificate of another server.
sub conf_of_impostor {
    my ($name) = @_;

    return conf($name, ":$Tls" => ":$Wrong");
}

# Makes a CA, and a certificate and key of the hosts, signed by it.
sub make_certificates {
    openssl(qw(req -x509 -days 2 -subj /CN=Test -keyout), "$Certs/ca.key",
        '-out', "$Certs/ca.pem");
    my %hosts = (
        right => 'DNS:*.s3.eu-west-1.amazonaws.com,'
               . 'DNS:*.s3.us-east-1.amazonaws.com',
        wrong => 'DNS:*.s3.amazonaws.com.example.com',
    );
    for my $name (sort keys %hosts) {
        open my $out, '>', "$Certs/$name.ext" or die "$Certs/$name.ext: $!";
        print $out "subjectAltName = $hosts{$name}\n";
        close $out or die "$Certs/$name.ext: $!";
        openssl(qw(req -subj /CN=Test -keyout), "$Certs/$name.key",
            '-out', "$Certs/$name.csr");
        openssl(qw(x509 -req -days 2), '-in', "$Certs/$name.csr",
            '-CA', "$Certs/ca.pem", '-CAkey', "$Certs/ca.key",
            qw(-set_serial 1 -extfile), "$Certs/$name.ext",
            '-out', "$Certs/$name.pem");
    }
    return;
}

sub openssl {
    my ($command, @arguments) = @_;

    splice @arguments, 0, 0, qw(-newkey ec -pkeyopt
        ec_paramgen_curve:prime256v1 -nodes) if $command eq 'req';
    my $pid = open my $out, '-|';
    die "cannot fork: $!" unless defined $pid;
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec 'openssl', $command, @arguments or exit 127;
    }
    my $said = do { local $/; <$out> } // '';
    close $out or die "openssl $command: $said";
    return;
}

# Names of objects as clients spell them, and as they are.
my @Names = (
    ['hello.txt'                          => 'hello.txt'],
    ['a%20b.txt'                          => 'a b.txt'],
    ['a+b.txt'                            => 'a+b.txt'],
    ['a%2Bb.txt'                          => 'a+b.txt'],
    ['é日本.txt'                          => 'é日本.txt'],
    ['%C3%A9%e6%97%a5%E6%9C%AC.txt'       => 'é日本.txt'],
    ['100%25&=;,@:$%23.txt'               => '100%&=;,@:$#.txt'],
    [q{(x)%20'y'%20%22z%22!*~.txt}        => q{(x) 'y' "z"!*~.txt}],
    ['deep/er/nested/path.txt'            => 'deep/er/nested/path.txt'],
);

sub paths { my ($prefix) = @_; return [map { "GET $prefix$_->[0]" } @Names] }

# A pattern for the front's line on a request, the nth of its connection, that
# has a signature by V4 in headers.
sub front_line {
    my ($host, $n, $request, $access_key, $region) = @_;

    my $sni = $host =~ /^([^:]+\.amazonaws\.com)/ ? $1 : '-';
    return qr{front\ sni=\Q$sni\E\ host=\Q$host\E\ request=$n\ 20[06]
        \ "\Q$request\E\ HTTP/1\.1"\ "AWS4-HMAC-SHA256
        \ Credential=$access_key/\d{8}/$region/s3/aws4_request,}x;
}

sub contents {
    my ($bucket) = @_;

    return [map { $_->[1] eq 'hello.txt' ? "hello from $bucket\n"
        : "$_->[1] of $bucket\n" } @Names];
}

our @Ok  = (200) x @Names;
our $Big = join '', map { sprintf
    "line %06d abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY\n", $_ }
    0 .. 3199;

# The directives of a configuration one by one, with the address that a server
# listens on left out.
sub directives {
    my ($text) = @_;

    $text =~ s/\s+#.*//mg;
    $text =~ s/^#.*//mg;
    $text =~ s/\blisten\s+\S+;/listen;/g;
    return join "\n", map { join ' ', split } grep { /\S/ } split /\n/, $text;
}

sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "$path: $!";
    local $/;
    return scalar <$in>;
}

make_certificates();
run_tests();

my ($first) = slurp("$Dir/../README.md") =~ /^```nginx\n(.*?)^```/ms;
is(directives($first), "load_module modules/ngx_http_s3_auth_module.so;\nhttp {\n"
    . directives(slurp("$Dir/one-bucket.conf")) . "\n}",
    'the first configuration of README is one-bucket.conf');

ok($Tested{basename($_)}, basename($_) . ' is tested')
    for glob quotemeta($Dir) . '/*';
ok($Tested{$_}, "$_ is there") for sort keys %Tested;
ok($Used{$_->[0]}, "\"$_->[0]\" is in some file") for @Changes;

__DATA__

=== TEST 1: %file%: objects by names of all kinds in %bucket%
--- cases
file                          | prefix  | bucket | log
one-bucket.conf               | /films/ | films  | 200 v4-headers
one-bucket-before-1.27.3.conf | /films/ | films  | 200 v4-headers
several-buckets.conf          | /films/ | films  | 200 v4-headers
several-buckets.conf          | /music/ | music  | 200 v4-headers
temporary-credentials.conf    | /       | films  | 200 v4-headers
path-style.conf               | /films/ | films  | 200 v4-headers
location.conf                 | /s3/    | films  | 200 v4-query
variables.conf                | /films/ | films  | 200 v4-headers
variables.conf                | /music/ | music  | 200 v4-headers
cache-slices.conf             | /films/ | films  | 206 v4-headers
--- http_config eval: ::conf('%file%')
--- config
--- dns
s3.eu-west-1.amazonaws.com
s3.us-east-1.amazonaws.com
minio.example.com
--- init
main::wait_for_addresses();
--- request eval: ::paths('%prefix%')
--- more_headers
Host: player.example.com
--- error_code eval: \@::Ok
--- response_body eval: ::contents('%bucket%')
--- s3_log_unlike: ^(?!.* %log%$)

=== TEST 2: %file%, %prefix%: the account, the region and the connection of the second request
--- cases
file                          | prefix  | host                             | bucket | access_key           | region
one-bucket.conf               | /films/ | films.s3.eu-west-1.amazonaws.com |        | AKIDPERMANENT0000001 | eu-west-1
one-bucket-before-1.27.3.conf | /films/ | films.s3.eu-west-1.amazonaws.com |        | AKIDPERMANENT0000001 | eu-west-1
several-buckets.conf          | /films/ | films.s3.eu-west-1.amazonaws.com |        | AKIDPERMANENT0000001 | eu-west-1
several-buckets.conf          | /music/ | music.s3.us-east-1.amazonaws.com |        | AKIDOTHERACCOUNT0001 | us-east-1
temporary-credentials.conf    | /       | films.s3.eu-west-1.amazonaws.com |        | ASIATEMPORARY0000001 | eu-west-1
path-style.conf               | /films/ | minio.example.com:9000           | /films | AKIDPERMANENT0000001 | us-east-1
--- http_config eval: 'add_header X-Key $s3_access_key_id;' . ::conf('%file%')
--- config
--- dns
s3.eu-west-1.amazonaws.com
s3.us-east-1.amazonaws.com
minio.example.com
--- init
main::wait_for_addresses();
--- pipelined_requests eval
["GET %prefix%hello.txt", "HEAD %prefix%hello.txt"]
--- more_headers
Host: player.example.com
--- error_code eval: [200, 200]
--- response_headers eval: [("X-Key: %access_key%") x 2]
--- access_log eval
::front_line('%host%', 2, 'HEAD %bucket%/hello.txt', '%access_key%', '%region%')

=== TEST 3: %file%: the certificate of another server is not accepted
--- cases
file                          | prefix  | host
one-bucket.conf               | /films/ | films.s3.eu-west-1.amazonaws.com
one-bucket-before-1.27.3.conf | /films/ | films.s3.eu-west-1.amazonaws.com
several-buckets.conf          | /music/ | music.s3.us-east-1.amazonaws.com
temporary-credentials.conf    | /       | films.s3.eu-west-1.amazonaws.com
location.conf                 | /s3/    | films.s3.eu-west-1.amazonaws.com
variables.conf                | /films/ | films.s3.eu-west-1.amazonaws.com
cache-slices.conf             | /films/ | films.s3.eu-west-1.amazonaws.com
--- http_config eval: ::conf_of_impostor('%file%')
--- config
--- dns
s3.eu-west-1.amazonaws.com
s3.us-east-1.amazonaws.com
minio.example.com
--- init
main::wait_for_addresses();
--- request
GET %prefix%hello.txt
--- more_headers
Host: player.example.com
--- error_code: 502
--- error_log
upstream SSL certificate does not match "%host%"

=== TEST 4: location.conf: the name of the host is in Host and SNI, and the connection is not kept
--- http_config eval: ::conf('location.conf')
--- config
--- dns
s3.eu-west-1.amazonaws.com
--- pipelined_requests eval
["GET /s3/hello.txt", "HEAD /s3/hello.txt"]
--- more_headers
Host: player.example.com
--- error_code eval: [200, 200]
--- access_log eval
my $host = qr/films\.s3\.eu-west-1\.amazonaws\.com/;
qr{front sni=$host host=$host:$ENV{TEST_NGINX_RAND_PORT_1} request=1 200 "HEAD /hello\.txt\?X-Amz-Alg}

=== TEST 5: variables.conf: %bucket% has its region, and no connection is kept
--- cases
bucket | region
films  | eu-west-1
music  | us-east-1
--- http_config eval: ::conf('variables.conf')
--- config
--- dns
s3.eu-west-1.amazonaws.com
s3.us-east-1.amazonaws.com
minio.example.com
--- init
main::wait_for_addresses();
--- pipelined_requests eval
["GET /%bucket%/hello.txt", "HEAD /%bucket%/hello.txt"]
--- more_headers
Host: player.example.com
--- error_code eval: [200, 200]
--- access_log eval
::front_line("%bucket%.s3.%region%.amazonaws.com:$ENV{TEST_NGINX_RAND_PORT_1}",
    1, 'HEAD /hello.txt', 'AKIDPERMANENT0000001', '%region%')
--- no_access_log
request=2

=== TEST 6: variables.conf: the arguments are passed on
--- http_config eval: ::conf('variables.conf')
--- config
--- dns
s3.eu-west-1.amazonaws.com
s3.us-east-1.amazonaws.com
--- request
GET /films/hello.txt?response-content-type=a/b
--- more_headers
Host: player.example.com
--- response_body
hello from films
--- response_headers
Content-Type: a/b
--- s3_log_like: GET /hello.txt\?response-content-type=a%2Fb 200 v4-headers$

=== TEST 7: variables.conf: an unknown bucket is answered with 500
--- http_config eval: ::conf('variables.conf')
--- config
--- dns
s3.eu-west-1.amazonaws.com
s3.us-east-1.amazonaws.com
--- request
GET /videos/hello.txt
--- more_headers
Host: player.example.com
--- error_code: 500
--- error_log
request not signed and not sent: "s3_region" evaluated to an empty value
--- s3_log_unlike: .

=== TEST 8: variables.conf: a path without a bucket is answered with 500
--- http_config eval: ::conf('variables.conf')
--- config
--- dns
s3.eu-west-1.amazonaws.com
s3.us-east-1.amazonaws.com
--- request
GET /hello.txt
--- more_headers
Host: player.example.com
--- error_code: 500
--- error_log
request not signed and not sent: "s3_region" evaluated to an empty value
--- s3_log_unlike: .

=== TEST 9: cache-slices.conf: a large object in slices, over one connection
--- http_config eval: ::conf('cache-slices.conf')
--- config
--- dns
s3.eu-west-1.amazonaws.com
--- init
main::wait_for_addresses();
--- request
GET /films/big.txt
--- more_headers
Host: player.example.com
--- response_body eval: $::Big
--- response_headers
X-Cache-Status: MISS
--- access_log eval
::front_line('films.s3.eu-west-1.amazonaws.com', 4, 'GET /big.txt',
    'AKIDPERMANENT0000001', 'eu-west-1')
--- no_access_log
request=5
--- s3_log_unlike: ^(?!.* GET /big.txt 206 v4-headers$)

=== TEST 10: cache-slices.conf: for a range the slices with its bytes are requested
--- http_config eval: ::conf('cache-slices.conf')
--- config
--- dns
s3.eu-west-1.amazonaws.com
--- init
main::wait_for_addresses();
--- request eval
[("GET /films/big.txt") x 4]
--- more_headers eval
[map { "Host: player.example.com\nRange: bytes=$_" }
    '64-75', '131072-131083', '0-11', '131136-131147']
--- error_code eval: [(206) x 4]
--- response_body eval
["line 000001 ", "line 002048 ", "line 000000 ", "line 002049 "]
--- response_headers eval
[map { "X-Cache-Status: $_" } qw(MISS MISS HIT HIT)]

=== TEST 11: cache-slices.conf: a slice in the cache is served without S3, whatever the arguments
--- http_config eval: ::conf('cache-slices.conf')
--- config
--- dns
s3.eu-west-1.amazonaws.com
--- init
main::wait_for_addresses();
--- request eval
["GET /films/big.txt?acl", "GET /films/big.txt?response-content-type=text/html"]
--- more_headers
Host: player.example.com
--- error_code eval: [200, 200]
--- response_body eval: [$::Big, $::Big]
--- response_headers eval
["X-Cache-Status: MISS", "X-Cache-Status: HIT"]
--- no_access_log
request=5
--- s3_log_unlike: ^(?!.* GET /big.txt 206 v4-headers$)

=== TEST 12: cache-slices.conf: a slice that has expired is revalidated
--- http_config eval
::conf('cache-slices.conf', 'valid 200 206 1h;' => 'valid 200 206 1s;')
--- config
--- dns
s3.eu-west-1.amazonaws.com
--- init
main::wait_for_addresses();
--- request eval
["GET /films/hello.txt",
 [{value => "GET /films/hello.txt", delay_before => 2.1}],
 "GET /films/hello.txt"]
--- more_headers
Host: player.example.com
--- error_code eval: [200, 200, 200]
--- response_body eval: [("hello from films\n") x 3]
--- response_headers eval
[map { "X-Cache-Status: $_" } qw(MISS REVALIDATED HIT)]
--- s3_log_like: GET /hello.txt 304 v4-headers$

=== TEST 13: cache-slices.conf: an empty object
--- http_config eval: ::conf('cache-slices.conf')
--- config
--- dns
s3.eu-west-1.amazonaws.com
--- init
main::wait_for_addresses();
--- request eval
["GET /films/empty.txt", "HEAD /films/empty.txt", "GET /films/empty%3F.txt?acl",
 "GET /films/empty.txt"]
--- more_headers eval
["Host: player.example.com", "Host: player.example.com", "Host: player.example.com",
 "Host: player.example.com\nRange: bytes=0-"]
--- error_code eval: [200, 200, 200, 416]
--- response_headers eval
[("Content-Length: 0") x 3, ""]
--- s3_log_like
GET /empty.txt 416 v4-headers$
GET /empty.txt 200 v4-headers$
HEAD /empty.txt 200 v4-headers$
GET /empty%3F.txt 200 v4-headers$

=== TEST 14: cache-slices.conf: a range after the end, of which S3 has no slice, or an object
--- http_config eval: ::conf('cache-slices.conf')
--- config
--- dns
s3.eu-west-1.amazonaws.com
--- init
main::wait_for_addresses();
--- request eval
["GET /films/big.txt", "GET /films/hello.txt", "GET /films/no-such.txt"]
--- more_headers eval
["Host: player.example.com\nRange: bytes=999999-", "Host: player.example.com\nRange: bytes=60000-",
 "Host: player.example.com"]
--- error_code eval: [416, 416, 404]
--- response_body_like eval: ["", "", "NoSuchKey"]
--- s3_log_unlike: GET /\S+ 200

=== TEST 15: cache-slices.conf: an object that is shorter when a later slice is fetched
--- http_config eval
my $conf = ::conf('cache-slices.conf');
$conf =~ s/server films\S+amazonaws\.com:\d+( resolve)?;/server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;/
    || $conf =~ s/server 127\.0\.0\.1:\d+;/server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;/;
$conf =~ s{https://films}{http://films}gr;
--- config
--- dns
s3.eu-west-1.amazonaws.com
--- request
GET /films/a
--- more_headers
Host: player.example.com
--- upstream_response eval
["HTTP/1.1 206 Partial Content\nETag: \"a\"\nContent-Range: bytes 0-65535/65540\nContent-Length: 65536\n\n" . 'a' x 65536,
 "HTTP/1.1 416 Range Not Satisfiable\nContent-Type: application/xml\nContent-Length: 8\n\n<Error/>"]
--- ignore_response
--- upstream_count: 2
--- error_log
missing slice response
