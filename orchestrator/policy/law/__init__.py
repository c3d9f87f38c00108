"""What the law of the place where a person is says about calls: rules from packs, put together for each contact."""
