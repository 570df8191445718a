"""The demo: real flights, a real model behind a real protocol, faults that operators know, and what is found of them when."""
