//! What an attacker's tokens cost the issuer.

use futures_util::future::join_all;

use crate::harness::{SigningKey, TestService};

#[actix_web::test]
async fn invented_kids_cost_one_request_per_cooldown() {
    let service = TestService::start().await;
    let key = SigningKey::es256("x");
    for second in 0..12 {
        for number in 0..10 {
            let kid = format!("invented-{second}-{number}");
            let token = service.token().header("kid", kid).signed_by(&key);
            assert_eq!(service.verify(&token).await.status, 401);
        }
        service.time_passes(1).await;
    }
    // At start-up, then at 5 and 10 s.
    assert_eq!(service.issuer.requests(), 3);
}

#[actix_web::test]
async fn concurrent_misses_share_one_fetch() {
    let service = TestService::start().await;
    let new = SigningKey::es256("k2");
    service.issuer.is_slow_to_publish(&[&service.key, &new]);
    service.time_passes(5).await;
    let token = service.token().signed_by(&new);
    let good = service.good_token();
    let waiting = join_all((0..50).map(|_| service.verify(&token)));
    let released = async {
        service.eventually(async || service.issuer.in_flight() == 1).await;
        // Good tokens pass meanwhile.
        assert_eq!(service.verify(&good).await.status, 200);
        service.issuer.publishes(&[&service.key, &new]);
    };
    let (answers, ()) = futures_util::join!(waiting, released);
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(service.issuer.requests(), 2);
    assert_eq!(service.issuer.most_in_flight(), 1);
}
