-- Comments as the company's data dictionary has them: invitations, ratings of sellers, claims.
comment on table sales.survey_invitation is 'Who was asked in the yearly survey, answered or not';
comment on column sales.survey_invitation.invitation_no is 'Number, rising with time';
comment on column sales.survey_invitation.account_no is 'Customer';
comment on column sales.survey_invitation.invited_on is 'Day of the invitation';
comment on column sales.survey_invitation.rating_no is 'The answer, in satisfaction; empty where there was none';

comment on table sales.service_rating is 'What buyers say of a seller after an order, three scores of 1 (bad) to 5 (good)';
comment on column sales.service_rating.rating_no is 'Number, rising with time';
comment on column sales.service_rating.order_no is 'Order that is rated';
comment on column sales.service_rating.channel_no is 'Seller';
comment on column sales.service_rating.rated_on is 'Day of the rating';
comment on column sales.service_rating.product_score is 'Is it as it was described; empty where left out, 0 by a fault of the form in 2023';
comment on column sales.service_rating.service_score is 'The seller''s service';
comment on column sales.service_rating.delivery_score is 'The delivery';

comment on table sales.referral_claim is 'Claims of customers to have brought an account, as they were written';
comment on column sales.referral_claim.claim_no is 'Number, rising with time';
comment on column sales.referral_claim.referrer_account_no is 'Customer who claims; some numbers are no customer''s';
comment on column sales.referral_claim.referred_account_no is 'Account that is said to have been brought';
comment on column sales.referral_claim.claimed_on is 'Day of the claim';

analyze sales.survey_invitation, sales.service_rating, sales.referral_claim;
