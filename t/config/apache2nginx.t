# The command apache2nginx: Apache accepts each example, the command converts it,
# and nginx then signs for the S3 server as Apache's module does. @Changes has what
# a test replaces in the examples.
#
# APACHE2NGINX is the path of the command, target/debug/apache2nginx by default.

use strict;
use warnings;

use lib 't/lib';
use Cwd ();
use File::Basename qw(basename dirname);
use File::Copy qw(copy);
use File::Find qw(find);
use File::Path qw(make_path);
use NginxTest 'no_plan';
use IO::Socket::INET ();
use NginxTest::Env ();
use NginxTest::Nginx ();
use NginxTest::Process qw(wait_until);

my $Root     = Cwd::abs_path(dirname(__FILE__) . '/../..');
my $Examples = "$Root/crates/apache2nginx/tests/examples";
my $Work     = NginxTest::Env::work_dir();
my $Command  = Cwd::abs_path(
    $ENV{APACHE2NGINX} || "$Root/target/debug/apache2nginx") || '';
-x $Command or die "no apache2nginx: build it with \"cargo build -p "
    . "apache2nginx\", or set APACHE2NGINX to its path\n";

# The examples: what the command is given, and the exit code.
my $Secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
my %Examples = (
    'one-bucket.conf'      => {code => 0},
    'virtual-host.conf'    => {code => 0},
    'location.conf'        => {code => 0},
    'several-buckets.conf' => {code => 0},
    'security-token.conf'  => {code => 0},
    'signatures.conf'      => {code => 0},
    'access.conf'          => {code => 1},
    'includes'             => {
        code        => 0,
        environment => {BUCKET => 'films', S3_SECRET_KEY => $Secret},
        arguments   => ['-D', 'BUCKET'],
        apache      => 'includes/apache2.conf',
    },
);

# The version of nginx, and whether its upstream blocks resolve while it runs.
my $Version = join '.', map { $_ + 0 }
    NginxTest::Nginx::version() =~ /^(\d+)\.(\d{3})(\d{3})$/;
my $Resolves = NginxTest::Nginx::version() >= 1.027003;

# The port of the front, a server of the test that proxies to the S3 server by TLS.
my $Tls = $ENV{TEST_NGINX_RAND_PORT_1};

# What is replaced, by what; each has to occur in some file.
my @Changes = (
    # All other Hosts than the front's are for the first server of the port.
    ['listen 8080;' => 'listen 127.0.0.1:$TEST_NGINX_SERVER_PORT;'],

    # The hosts, the DNS server and certificates are those of the world.
    map({ moved($_, 443 => $Tls) }
        qw(films.s3.eu-west-1.amazonaws.com music.s3.us-east-1.amazonaws.com)),
    map({ moved($_, 80 => '$TEST_NGINX_S3_PORT') }
        qw(films.s3.eu-west-1.amazonaws.com films.s3.amazonaws.com
           music.s3.amazonaws.com)),
    $Resolves ? ['resolver 127.0.0.1;' =>
        'resolver 127.0.0.1:$TEST_NGINX_DNS_PORT;'] : (),
    ['server 127.0.0.1:8081' => 'server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT'],
    ['/etc/ssl/certs/ca-certificates.crt' => "$Work/ca.pem"],

    # The keys of the documentation are examples.
    ['AKIAIOSFODNN7EXAMPLE' => 'AKIDPERMANENT0000001'],
    [$Secret => 'PermanentSecretKey/With+Signs00000000001'],
    ['AKIAI44QH8DHBEXAMPLE' => 'AKIDOTHERACCOUNT0001'],
    ['je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY' =>
        'OtherAccountSecret/With+Signs00000000001'],
    ['ASIAIOSFODNN7EXAMPLE' => 'ASIATEMPORARY0000001'],
    ['wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY' =>
        'TemporarySecretKey/With+Signs00000000001'],
    ['AQoDYXdzEJr1K/EXAMPLETOKEN==' => 'TemporarySessionToken/With+Signs=='],
);
my (%Used, %Tested);

our $Front = <<"END";
log_format front 'front request=\$connection_requests "\$request"';
server {
    listen 127.0.0.1:$Tls ssl default_server;
    ssl_reject_handshake on;
    error_log logs/front.log warn;
}
server {
    listen 127.0.0.1:$Tls ssl;
    server_name *.s3.eu-west-1.amazonaws.com *.s3.us-east-1.amazonaws.com;
    ssl_certificate $Work/hosts.pem;
    ssl_certificate_key $Work/hosts.key;
    access_log logs/access.log front;
    error_log logs/front.log warn;
    location / {
        proxy_pass http://127.0.0.1:\$TEST_NGINX_S3_PORT;
        proxy_http_version 1.1;
        proxy_set_header Host \$http_host;
    }
}
END

# A host on another port of this machine, whose name the DNS server resolves.
sub moved {
    my ($host, $port, $new) = @_;

    return ["server $host:$port resolve" => "server $host:$new resolve"]
        if $Resolves;
    return ["server $host:$port" => "server 127.0.0.1:$new"];
}

# Waits until the DNS server has answered nginx for the hosts to which it passes
# these paths. Until then it answers 502.
sub wait_for {
    my ($host, @paths) = @_;

    for my $path (@paths) {
        wait_until(5, sub { status($host, $path) ne '502' })
            or die "$path: still 502 after 5 seconds\n";
    }
    return;
}

sub status {
    my ($host, $path) = @_;

    my $socket = IO::Socket::INET->new(
        '127.0.0.1:' . NginxTest::server_port()) or die "no nginx: $!\n";
    print $socket "GET $path HTTP/1.1\r\nHost: $host\r\n"
        . "Connection: close\r\n\r\n";
    my $answer = do { local $/; <$socket> } // '';
    return $answer =~ m{^HTTP/1\.1 (\d+)} ? $1 : die "no status: $answer\n";
}

# The configuration that is made of an example, and the front.
sub conf {
    my ($name) = @_;

    $Tested{$name}++;
    # What nginx includes is expanded here, as the ports are known now.
    my $dir = "$Work/$name";
    spurt("$dir/s3-credentials.conf",
        NginxTest::Env::expand(slurp("$dir/secrets.conf")));
    return 'add_header X-Key $s3_access_key_id always;'
        . slurp("$dir/changed.conf") . $Front;
}

# Converts an example, in a process of its own for its environment.
sub convert {
    my ($name) = @_;

    my $example = $Examples{$name};
    my $dir     = "$Work/$name";
    make_path($dir);
    chdir $Examples or die "$Examples: $!";
    my ($status, $said) = execute($example->{environment}, $Command,
        '--nginx-version', $Version, '--resolver', '127.0.0.1',
        '-o', "$dir/s3.conf", @{$example->{arguments} || []}, $name);
    chdir $Root or die "$Root: $!";
    is($status >> 8, $example->{code}, "$name is converted") or diag $said;
    unlike($said, qr/\Q$Secret\E/, "$name: no key is in the report");
    my $main = slurp("$dir/s3.conf");
    unlike($main, qr/^[^#\n]*\b(?:s3_access_key|s3_secret_key)\b/m,
        "$name: no key is in the main file");
    is((stat "$dir/s3-credentials.conf")[2] & 0777, 0600,
        "$name: the file with the keys is for its owner");
    for my $file (['s3.conf', 'changed.conf'],
                  ['s3-credentials.conf', 'secrets.conf']) {
        spurt("$dir/$file->[1]", changed($name, slurp("$dir/$file->[0]")));
    }
    return;
}

sub changed {
    my ($name, $text) = @_;

    for my $change (@Changes) {
        my ($old, $new) = @$change;
        $Used{$old} = 1 if $text =~ s/\Q$old\E/$new/g;
    }
    return $text;
}

# Apache accepts the example, without the directives of modules that it lacks.
sub check_by_apache {
    my ($name) = @_;

    my $example = $Examples{$name};
    my $dir     = "$Work/apache";
    find({no_chdir => 1, wanted => sub {
        my $to = $dir . substr $File::Find::name, length $Examples;
        return make_path($to) if -d;
        spurt($to, slurp($File::Find::name) =~ s/^\s*(?:S3|Ism|Usp)\w+\s.*\n//gmr);
    }}, $Examples);
    my $file    = $example->{apache} || $name;
    my @modules = map { ('-C', "LoadModule ${_}_module "
        . "/usr/lib/apache2/modules/mod_$_.so") } qw(mpm_event access_compat
        alias auth_basic authn_core authn_file authz_core authz_host authz_user
        headers macro proxy proxy_http rewrite socache_shmcb ssl);
    my ($status, $said) = execute($example->{environment}, '/usr/sbin/apache2',
        '-t', '-d', dirname("$dir/$file"), '-f', "$dir/$file", @modules,
        '-C', "ErrorLog $dir/error.log", @{$example->{arguments} || []});
    is($status, 0, "$name: Apache takes it") or diag $said;
    return;
}

# The exit status and the output of a command.
sub execute {
    my ($environment, @command) = @_;

    my $pid = open my $out, '-|';
    die "cannot fork: $!" unless defined $pid;
    if (!$pid) {
        @ENV{keys %$environment} = values %$environment;
        open STDERR, '>&', \*STDOUT;
        { exec { $command[0] } @command }
        exit 127;
    }
    my $said = do { local $/; <$out> } // '';
    close $out;
    return ($?, $said);
}

sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "$path: $!";
    local $/;
    return scalar <$in> // '';
}

sub spurt {
    my ($path, $bytes) = @_;

    open my $out, '>:raw', $path or die "$path: $!";
    print $out $bytes;
    close $out or die "$path: $!";
    return;
}

# Makes a CA, and a certificate and key of the hosts, signed by it.
sub make_certificates {
    my @key = qw(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes);
    spurt("$Work/hosts.ext", "subjectAltName = "
        . "DNS:*.s3.eu-west-1.amazonaws.com,DNS:*.s3.us-east-1.amazonaws.com\n");
    for my $command (
        ['req', @key, qw(-x509 -days 2 -subj /CN=Test -keyout), "$Work/ca.key",
         '-out', "$Work/ca.pem"],
        ['req', @key, qw(-subj /CN=Test -keyout), "$Work/hosts.key",
         '-out', "$Work/hosts.csr"],
        [qw(x509 -req -days 2 -in), "$Work/hosts.csr", '-CA', "$Work/ca.pem",
         '-CAkey', "$Work/ca.key", qw(-set_serial 1 -extfile),
         "$Work/hosts.ext", '-out', "$Work/hosts.pem"],
    ) {
        my ($status, $said) = execute({}, 'openssl', @$command);
        die "openssl @$command: $said" if $status;
    }
    return;
}

# Names of objects as clients spell them, and as they are.
my @Names = (
    ['hello.txt'              => 'hello.txt'],
    ['a%20b.txt'              => 'a b.txt'],
    ['a+b.txt'                => 'a+b.txt'],
    ['%C3%A9%e6%97%a5%E6%9C%AC.txt' => 'é日本.txt'],
    ['100%25&=;,@:$%23.txt'   => '100%&=;,@:$#.txt'],
    ['deep/er/nested/path.txt' => 'deep/er/nested/path.txt'],
);

sub paths { my ($prefix) = @_; return [map { "GET $prefix$_->[0]" } @Names] }

sub contents {
    my ($bucket) = @_;

    return [map { $_->[1] eq 'hello.txt' ? "hello from $bucket\n"
        : "$_->[1] of $bucket\n" } @Names];
}

our @Ok = (200) x @Names;

convert($_) for sort keys %Examples;
make_certificates();
if (-x '/usr/sbin/apache2') {
    check_by_apache($_) for sort keys %Examples;
} else {
    fail('there is an /usr/sbin/apache2, of the package apache2-bin');
}
run_tests();

ok($Examples{basename($_)}, basename($_) . ' is an example that is tested')
    for glob quotemeta($Examples) . '/*';
ok($Tested{$_}, "$_ is served") for sort keys %Examples;
ok($Used{$_->[0]}, "\"$_->[0]\" is in some file") for @Changes;

__DATA__

=== TEST 1: one-bucket.conf: by https, signed by Version 4 in headers
--- http_config eval: ::conf('one-bucket.conf')
--- config
--- dns: amazonaws.com
--- init: ::wait_for('player.example.com', '/films/hello.txt')
--- request eval: ::paths('/films/')
--- more_headers
Host: player.example.com
--- error_code eval: \@::Ok
--- response_body eval: ::contents('films')
--- s3_log_unlike: ^(?!.* 200 v4-headers$)

=== TEST 2: one-bucket.conf: connections are kept (the first request is that of wait_for)
--- http_config eval: ::conf('one-bucket.conf')
--- config
--- dns: amazonaws.com
--- init: ::wait_for('player.example.com', '/films/hello.txt')
--- pipelined_requests eval
["GET /films/hello.txt", "HEAD /films/hello.txt"]
--- more_headers
Host: player.example.com
--- error_code eval: [200, 200]
--- access_log eval: qr{front request=3 "HEAD /hello\.txt}

=== TEST 3: virtual-host.conf: IsmProxyPass to https
--- http_config eval: ::conf('virtual-host.conf')
--- config
--- dns: amazonaws.com
--- init: ::wait_for('origin.example.com', '/remote/hello.txt')
--- request eval: ::paths('/remote/')
--- more_headers
Host: origin.example.com
--- error_code eval: \@::Ok
--- response_body eval: ::contents('films')
--- s3_log_unlike: ^(?!.* 200 v4-headers$)

=== TEST 4: virtual-host.conf: nothing else is passed on
--- http_config eval: ::conf('virtual-host.conf')
--- config
--- request
GET /hello.txt
--- more_headers
Host: origin.example.com
--- error_code: 404
--- s3_log_unlike: .

=== TEST 5: location.conf: keys in a Location, the bucket in a Directory, signed in the query
--- http_config eval: ::conf('location.conf')
--- config
--- dns: amazonaws.com
--- init: ::wait_for('origin.example.com', '/s3/hello.txt')
--- request eval: ::paths('/s3/')
--- more_headers
Host: origin.example.com
--- error_code eval: \@::Ok
--- response_body eval: ::contents('films')
--- s3_log_unlike: ^(?!.* 200 v4-query$)

=== TEST 6: several-buckets.conf: Version 4 in headers
--- http_config eval: ::conf('several-buckets.conf')
--- config
--- dns: amazonaws.com
--- init: ::wait_for('media.example.com', '/films/hello.txt')
--- request eval: ::paths('/films/')
--- more_headers
Host: media.example.com
--- error_code eval: \@::Ok
--- response_body eval: ::contents('films')
--- s3_log_unlike: ^(?!.* 200 v4-headers$)

=== TEST 7: several-buckets.conf: another account, Version 4 in the query
--- http_config eval: ::conf('several-buckets.conf')
--- config
--- dns: amazonaws.com
--- init: ::wait_for('media.example.com', '/music/hello.txt')
--- request eval: ::paths('/music/')
--- more_headers
Host: media.example.com
--- error_code eval: \@::Ok
--- response_body eval: ::contents('music')
--- response_headers eval
[("X-Key: AKIDOTHERACCOUNT0001") x @::Ok]
--- s3_log_unlike: ^(?!.* 200 v4-query$)

=== TEST 8: several-buckets.conf: Version 2 in headers, without a region
--- http_config eval: ::conf('several-buckets.conf')
--- config
--- dns: amazonaws.com
--- init: ::wait_for('media.example.com', '/old/films/hello.txt')
--- request eval: ::paths('/old/films/')
--- more_headers
Host: media.example.com
--- error_code eval: \@::Ok
--- response_body eval: ::contents('films')
--- s3_log_unlike: ^(?!.* 200 v2-headers$)

=== TEST 9: several-buckets.conf: a regular expression, Version 2 in the query
--- http_config eval: ::conf('several-buckets.conf')
--- config
--- dns: amazonaws.com
--- init: ::wait_for('media.example.com', '/old/music/hello.txt')
--- request eval: ::paths('/old/music/')
--- more_headers
Host: media.example.com
--- error_code eval: \@::Ok
--- response_body eval: ::contents('music')
--- s3_log_unlike: ^(?!.* 200 v2-query$)

=== TEST 10: several-buckets.conf: a path without a slash is itself and what is below, no more
--- http_config eval: ::conf('several-buckets.conf')
--- config
--- dns: amazonaws.com
--- init: ::wait_for('media.example.com', '/films/hello.txt')
--- request eval
["GET /films?prefix=hello", "GET /filmshello.txt"]
--- more_headers
Host: media.example.com
--- error_code eval: [200, 404]
--- response_body_like eval
[qr{<Key>hello\.txt</Key>}, qr{404 Not Found}]

=== TEST 11: security-token.conf: temporary credentials
--- http_config eval: ::conf('security-token.conf')
--- config
--- dns: amazonaws.com
--- init: ::wait_for('media.example.com', '/hello.txt')
--- request eval: ::paths('/')
--- more_headers
Host: media.example.com
--- error_code eval: \@::Ok
--- response_body eval: ::contents('films')
--- s3_log_unlike: ^(?!.* 200 v4-headers$)

=== TEST 12: signatures.conf: every kind of signature
--- http_config eval: ::conf('signatures.conf')
--- config
--- dns: amazonaws.com
--- init
::wait_for('media.example.com',
    map { "/$_/hello.txt" } qw(v4-headers v4-query v2-headers v2-query))
--- request eval
[map { "GET /$_/a%20b.txt" } qw(v4-headers v4-query v2-headers v2-query)]
--- more_headers
Host: media.example.com
--- error_code eval: [(200) x 4]
--- response_body eval
[("a b.txt of films\n") x 4]
--- response_headers eval
[("X-Key: AKIDPERMANENT0000001") x 4]
--- s3_log_like
200 v4-headers$
200 v4-query$
200 v2-headers$
200 v2-query$

=== TEST 13: signatures.conf: the keys of a Location below another
--- http_config eval: ::conf('signatures.conf')
--- config
--- dns: amazonaws.com
--- init: ::wait_for('media.example.com', '/v4-headers/deep/er/nested/path.txt')
--- request
GET /v4-headers/deep/er/nested/path.txt
--- more_headers
Host: media.example.com
--- response_body
deep/er/nested/path.txt of films
--- response_headers
X-Key: AKIDOTHERACCOUNT0001
--- s3_log_like: GET /deep/er/nested/path.txt 200 v4-headers$

=== TEST 14: includes: variables, included files and a macro
--- http_config eval: ::conf('includes')
--- config
--- dns: amazonaws.com
--- init: ::wait_for('media.example.com', '/films/hello.txt')
--- request eval: ::paths('/films/')
--- more_headers
Host: media.example.com
--- error_code eval: \@::Ok
--- response_body eval: ::contents('films')
--- s3_log_unlike: ^(?!.* 200 v4-headers$)

=== TEST 15: access.conf: some clients are allowed, and some requests are passed to another server or refused
--- http_config eval: ::conf('access.conf')
--- config
--- dns: amazonaws.com
--- init: ::wait_for('media.example.com', '/films/hello.txt')
--- request eval
["GET /films/hello.txt", "GET /inside/er/nested/path.txt",
 "GET /members/hello.txt", "GET /films/about/hello.txt", "GET /api/x",
 "PUT /films/hello.txt"]
--- more_headers
Host: media.example.com
--- error_code eval: [200, 200, 403, 404, 200, 403]
--- response_body_like eval
[qr{hello from films}, qr{deep/er/nested/path.txt of films}, qr{403},
 qr{404}, qr{upstream ok}, qr{403}]
--- upstream_request_like
^GET /x HTTP/1\.1\nHost: 127\.0\.0\.1:8081$
