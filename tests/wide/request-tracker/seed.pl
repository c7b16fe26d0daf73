# What the tests find in Request Tracker: two customers with a queue each, people, the custom fields that the adapter
# uses, and an account with the least rights that the adapter needs. `rt-setup-database --action insert` reads this.
use utf8;

my @both = ('Acme Support', 'Globex Support');

@Queues = (
    { Name => 'Acme Support',   Description => 'Tickets of Acme',   CorrespondAddress => 'acme@msp.example' },
    { Name => 'Globex Support', Description => 'Tickets of Globex', CorrespondAddress => 'globex@msp.example' },
);

# `Queue` binds a field to queues. A field that is not bound is dropped from a new ticket without an error.
@CustomFields = (
    {
        Name => 'Visibility', Type => 'SelectSingle', Queue => [@both],
        Values => [ { Name => 'organization', SortOrder => 1 }, { Name => 'private', SortOrder => 2 } ],
    },
    { Name => 'PosternReference',  Type => 'FreeformSingle', Queue => [@both] },
    { Name => 'PosternEscalation', Type => 'FreeformSingle', Queue => [@both] },
    {
        Name => 'PosternEntry', Type => 'TextSingle', Queue => [@both],
        LookupType => 'RT::Queue-RT::Ticket-RT::Transaction',
    },
);

@Users = (
    { Name => 'jane',  EmailAddress => 'jane@acme.example',  RealName => 'Jane Smith',  Organization => 'Acme',   WorkPhone => '+44 20 7946 0001', Password => 'jane-pass-1',  Privileged => 0 },
    { Name => 'john',  EmailAddress => 'john@acme.example',  RealName => "John O'Hara", Organization => 'Acme',   Password => 'john-pass-1',  Privileged => 0 },
    { Name => 'bob',   EmailAddress => 'bob@globex.example', RealName => 'Bob Brown',   Organization => 'Globex', Password => 'bob-pass-11',  Privileged => 0 },
    { Name => 'tech1', EmailAddress => 'tech1@msp.example',  RealName => 'Tess Tech',   Password => 'tech-pass-1',  Privileged => 1 },
    # Signs in for Postern.
    { Name => 'postern', EmailAddress => 'postern@msp.example', RealName => 'Postern', Password => 'postern-pass-1', Privileged => 1 },
    # Reads everything and changes nothing: for the tests of refusals.
    { Name => 'reader', EmailAddress => 'reader@msp.example', RealName => 'Reads Only', Password => 'reader-pass-1', Privileged => 1 },
);

@Groups = (
    { Name => 'Postern',     Description => 'The account of the gateway', Members => { Users => ['postern'] } },
    { Name => 'Readers',     Description => 'May look',               Members => { Users => ['reader'] } },
    { Name => 'Technicians', Description => 'Staff',                      Members => { Users => ['tech1'] } },
);

@ACL = (
    # The usual public set-up, on purpose: everybody may write to every queue. Request Tracker then lets one customer
    # answer another one's ticket, so what stops it has to be the gateway.
    (map { { GroupDomain => 'SystemInternal', GroupType => 'Everyone', Right => $_ } }
        qw(CreateTicket ReplyToTicket SeeQueue)),
    { GroupDomain => 'RT::System-Role', GroupType => 'Requestor', Right => 'ShowTicket' },
    (map { my $right = $_; map { { GroupDomain => 'UserDefined', GroupId => 'Postern', Queue => $_, Right => $right } } @both }
        qw(SeeQueue ShowTicket ShowTicketComments CreateTicket ReplyToTicket CommentOnTicket ModifyTicket SeeCustomField ModifyCustomField)),
    (map { my $right = $_; map { { GroupDomain => 'UserDefined', GroupId => 'Technicians', Queue => $_, Right => $right } } @both }
        qw(SeeQueue ShowTicket ShowTicketComments ReplyToTicket CommentOnTicket ModifyTicket OwnTicket TakeTicket SeeCustomField ModifyCustomField)),
    (map { my $right = $_; map { { GroupDomain => 'UserDefined', GroupId => 'Readers', Queue => $_, Right => $right } } @both }
        qw(ShowTicket ShowTicketComments SeeCustomField)),
    # To sign in with a token instead of a password.
    { GroupDomain => 'UserDefined', GroupId => 'Postern', Right => 'ManageAuthTokens' },
);

# Tickets 1 to 6, by number: the tests name them. The words that begin with `canary` stand in internal notes alone.
@Final = (
    sub {
        my $as = sub { my $user = RT::CurrentUser->new; $user->Load($_[0]); $user };
        my $mime = sub { MIME::Entity->build(Type => 'text/plain', Charset => 'UTF-8', Data => [$_[0]]) };
        my $create = sub {
            my %args = @_;
            my $ticket = RT::Ticket->new($as->('tech1'));
            my ($id, undef, $said) = RT::Ticket->new(RT->SystemUser)->Create(
                Queue => $args{queue}, Subject => $args{subject}, Requestor => [$args{by}], MIMEObj => $mime->($args{text}),
                Priority => $args{priority} // 50,
            );
            $id or die $said;
            $ticket->Load($id);
            if ($args{visibility}) {
                my ($ok, $why) = $ticket->AddCustomFieldValue(Field => 'Visibility', Value => $args{visibility});
                $ok or die $why;
            }
            for my $message (@{ $args{messages} || [] }) {
                my ($kind, $text) = @$message;
                my ($ok, $why) = $ticket->$kind(MIMEObj => $mime->($text));
                $ok or die $why;
            }
        };
        $create->(queue => 'Acme Support', by => 'jane@acme.example', subject => 'Outlook will not open', visibility => 'organization',
            text => 'Error 0x8004010F since this morning',
            messages => [ [ Correspond => 'We are looking into it' ], [ Comment => 'The mailbox is full, says canaryacme' ] ]);
        $create->(queue => 'Acme Support', by => 'john@acme.example', subject => 'Printer on floor 2', visibility => 'organization',
            text => 'It prints blank pages', priority => 0);
        $create->(queue => 'Acme Support', by => 'john@acme.example', subject => 'Payroll access', visibility => 'private',
            text => 'Please give me access', priority => 100);
        $create->(queue => 'Globex Support', by => 'bob@globex.example', subject => 'VPN drops', visibility => 'organization',
            text => 'Every hour, it is globexonly',
            messages => [ [ Correspond => 'Which client do you use?' ], [ Comment => 'Their line is bad, says canaryglobex' ] ]);
        $create->(queue => 'Acme Support', by => 'john@acme.example', subject => 'Nobody said who may read this', text => 'hidden');
        $create->(queue => 'General', by => 'somebody@elsewhere.example', subject => 'Not a customer', text => 'hello');
    },
);

1;
