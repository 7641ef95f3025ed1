-- Schema sales, continued: who was asked, what buyers say of sellers, claims of having brought an account.
create table sales.survey_invitation (
    invitation_no  bigint primary key,
    account_no     bigint not null,
    invited_on     date not null,
    rating_no      bigint unique
);

create table sales.service_rating (
    rating_no       bigint primary key,
    order_no        bigint not null,
    channel_no      int not null,
    rated_on        date not null,
    product_score   int,
    service_score   int,
    delivery_score  int
);

create table sales.referral_claim (
    claim_no             bigint primary key,
    referrer_account_no  bigint not null,
    referred_account_no  bigint not null,
    claimed_on           date not null
);
