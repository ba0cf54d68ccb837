"""What the test suite shares: its servers, its databases and its cast."""
