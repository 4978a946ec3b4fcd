package NginxTest::S3Server;

# The S3 server which checks signatures: a separate program, started once in a
# test file that uses it, whose log lines are read block by block.

use strict;
use warnings;

use NginxTest::Env qw(base_dir);
use NginxTest::Process qw(spawn is_alive wait_until);

my @Domains = qw(s3.us-east-1.amazonaws.com s3.eu-west-1.amazonaws.com
                 s3.amazonaws.com s3.test minio.example.com
                 s3-object-lambda.us-east-1.amazonaws.com
                 s3-outposts.us-east-1.amazonaws.com
                 s3express-use1-az4.us-east-1.amazonaws.com
                 s3express-control.us-east-1.amazonaws.com);

sub new {
    my ($class, $dir, $region) = @_;

    my $self = bless {
        log    => "$dir/s3.log",
        stderr => "$dir/s3.stderr",
        offset => 0,
    }, $class;

    my $fixtures = base_dir() . '/fixtures';
    my @command  = (
        program(),
        '--listen'      => '127.0.0.1:0',
        '--objects'     => "$fixtures/objects.json",
        '--credentials' => "$fixtures/credentials.json",
        map({ ('--domain' => $_) } @Domains),
        defined $region ? ('--region' => $region) : (),
    );
    $self->{pid} = spawn('S3 server', \@command,
        stdout => $self->{log}, stderr => $self->{stderr});
    $self->wait_for_port;
    return $self;
}

sub program {
    return $ENV{TEST_NGINX_S3_SERVER}
        // die "set TEST_NGINX_S3_SERVER to the S3 server program\n";
}

sub port { my ($self) = @_; return $self->{port} }

sub wait_for_port {
    my ($self) = @_;

    wait_until(5, sub {
        ($self->{port}) = slurp($self->{log}) =~ /^listening on \S+:(\d+)$/m;
        return $self->{port} || !is_alive($self->{pid});
    });
    die "the S3 server did not start: " . slurp($self->{stderr}) . "\n"
        unless $self->{port};
    return;
}

sub begin_block {
    my ($self) = @_;

    $self->{offset} = -s $self->{log};
    return;
}

# The complete log lines since the block began.
sub lines {
    my ($self) = @_;

    my $new = substr slurp($self->{log}), $self->{offset};
    return grep { /\S/ } $new =~ /^(.*)\n/mg;
}

# What a failed block should be kept with.
sub files { my ($self) = @_; return ($self->{log}, $self->{stderr}) }

sub alive { my ($self) = @_; return is_alive($self->{pid}) }

sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or return '';
    local $/;
    return scalar(<$in>) // '';
}

1;
