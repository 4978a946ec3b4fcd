package NginxTest::Filter;

# The filters of sections. Test::Base's eval filter hands an error on as the
# value of the section, where it may pass for an expectation; ours dies.

use strict;
use warnings;

require Test::Base::Filter;
our @ISA = ('Test::Base::Filter');

sub eval {
    my $self = shift;

    my @values = CORE::eval(shift);
    die "error in a section with the eval filter: $@" if $@;
    return @values;
}

1;
