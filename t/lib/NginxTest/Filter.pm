package NginxTest::Filter;

# The filters of sections. Test::Base's eval filter returns an error as the value
# of the section, which could be read as an expectation; ours dies.

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
