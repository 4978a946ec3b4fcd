package NginxTest::Env;

# The variables TEST_NGINX_...: the ports and paths of this test file, and
# their expansion in the sections of a block.

use strict;
use warnings;

use Cwd ();
use Exporter 'import';
use File::Basename ();
use File::Path qw(remove_tree);
use File::Temp ();
use IO::Socket::INET ();

use NginxTest::Process qw(at_end);

our @EXPORT_OK = qw(expand work_dir serv_root server_port new_server_port
                    test_file mentions failures_dir base_dir);

# Absolute paths throughout: nginx and the S3 server are given them, and a
# test may change its directory.
my $TestFile = Cwd::abs_path($0);
my $BaseDir  = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../..');
my $WorkDir  = File::Temp::tempdir('nginx-test-XXXXXXXX', TMPDIR => 1);
my %Reserved;

sub test_file { return $TestFile }
sub base_dir  { return $BaseDir }
sub work_dir  { return $WorkDir }
sub serv_root { return "$WorkDir/servroot" }

sub failures_dir {
    return $ENV{TEST_NGINX_FAILURES_DIR} || "$BaseDir/failures";
}

# True if the text of the test file has the word in it: some servers are only
# started where they are used.
sub mentions {
    my ($word) = @_;

    open my $in, '<:raw', $TestFile or return 0;
    local $/;
    return index(<$in>, $word) >= 0;
}

# Finds a free port and keeps it free for us: a bound socket which does not
# listen keeps every other process from being given this port, while a server
# that sets SO_REUSEADDR, as nginx does, can bind and listen on it. A client
# that connects while no such server runs is refused.
sub reserve_port {
    my $socket = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1',
        LocalPort => 0,
        Proto     => 'tcp',
        ReuseAddr => 1,
    ) or die "cannot reserve a port: $!\n";

    my $port = $socket->sockport;
    $Reserved{$port} = $socket;
    return $port;
}

sub server_port { return $ENV{TEST_NGINX_SERVER_PORT} }

sub new_server_port {
    return $ENV{TEST_NGINX_SERVER_PORT} = reserve_port();
}

# Expands $TEST_NGINX_X in a string, or in the strings of arrays and hashes; patterns and subs are left alone, as they can use %ENV.
sub expand {
    my ($value) = @_;

    return $value unless defined $value;
    return [map { expand($_) } @$value] if ref $value eq 'ARRAY';
    return {map { $_ => expand($value->{$_}) } keys %$value}
        if ref $value eq 'HASH';
    return $value if ref $value;

    $value =~ s/\$(TEST_NGINX_[A-Z0-9_]+)/lookup($1)/ge;
    return $value;
}

sub lookup {
    my ($name) = @_;

    die "no environment variable $name\n" unless defined $ENV{$name};
    return $ENV{$name};
}

# An account of the S3 server; see t/fixtures/credentials.json.
$ENV{TEST_NGINX_KEYS} = 's3_access_key AKIDTEST00000000001;'
    . ' s3_secret_key SecretCanary/With+Signs0000000000000001;';

new_server_port();
$ENV{TEST_NGINX_REFUSED_PORT} = reserve_port();
$ENV{"TEST_NGINX_RAND_PORT_$_"} = reserve_port() for 1 .. 3;
$ENV{TEST_NGINX_SERVROOT} = serv_root();
$ENV{TEST_NGINX_HTML_DIR} = serv_root() . '/html';

# Not left to File::Temp, which could remove it before the servers have ended.
at_end(sub {
    chdir '/';
    remove_tree($WorkDir, {error => \my $ignored});
});

1;
