"""The domain: centres, people, programmes, plans and the rules between them."""
